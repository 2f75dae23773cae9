"""The server of the image and the bundles, with made-up functions in real processes."""
