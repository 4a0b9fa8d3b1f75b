"""The content of local files: digests, the file cache, images and bitmaps."""
