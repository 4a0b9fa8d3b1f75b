"""Presigned upload forms: how they are signed, and what a form must keep to."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from dsac.emulator.body import Object
from dsac.emulator.context import store
from dsac.emulator.errors import refused

VALID_FOR = timedelta(hours=1)
STAMP = "%Y-%m-%dT%H:%M:%S.000Z"

FIELDS = (
    "acl",
    "Content-Type",
    "key",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "policy",
    "x-amz-signature",
)
"""The fields that the platform's own SDK sends back; all are required."""


def _sign(policy: str) -> str:
    return hmac.new(store().secret, policy.encode(), hashlib.sha256).hexdigest()


def signed_form(key: str, kind: str) -> dict[str, str]:
    """Give the fields of an upload form.

    Args:
        key: Where the file goes: the path of the asset's URL, without a first slash.
        kind: The content type of the file.
    """
    now = datetime.now(UTC)
    fields = {
        "acl": "public-read",
        "Content-Type": kind,
        "key": key,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"local/{now:%Y%m%d}/local/s3/aws4_request",
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    expiration = (now + VALID_FOR).strftime(STAMP)
    document = {"expiration": expiration, "conditions": [fields]}
    policy = b64encode(json.dumps(document).encode()).decode()
    return {**fields, "policy": policy, "x-amz-signature": _sign(policy)}


def require_signed(form: Mapping[str, str]) -> str:
    """Check that a form is one that was given out here; give the key of its asset.

    Raises:
        ApiError: 403, a field is missing or was changed, or the form has expired.
    """
    missing = [field for field in FIELDS if field not in form]
    if missing:
        raise refused(403, f"The form lacks {', '.join(missing)}.")
    given = form["x-amz-signature"].encode()
    if not hmac.compare_digest(_sign(form["policy"]).encode(), given):
        raise refused(403, "The signature does not match.")
    policy: Object = json.loads(b64decode(form["policy"]))
    expires = datetime.strptime(policy["expiration"], STAMP).replace(tzinfo=UTC)
    if expires < datetime.now(UTC):
        raise refused(403, "Policy expired.")
    for field, value in policy["conditions"][0].items():
        if form[field] != value:
            raise refused(403, f"The form does not keep to its policy: {field}.")
    name = form["key"].rpartition("/")[2]
    return name.partition(".")[0]
