"""Unzips request bodies, within bounds."""

import zlib

from dsac.emulator.errors import ApiError

LARGEST_BODY = 256 * 1024 * 1024


def unzipped(data: bytes) -> bytes:
    """Unzip a body.

    Raises:
        ApiError: it is no gzip, is cut, or grows beyond all measure.
    """
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        result = stream.decompress(data, LARGEST_BODY)
    except zlib.error as error:
        raise ApiError(400, {"detail": f"The body is no gzip: {error}"}) from error
    if stream.unconsumed_tail or not stream.eof:
        raise ApiError(400, {"detail": "The compressed body is cut, or too large."})
    return result
