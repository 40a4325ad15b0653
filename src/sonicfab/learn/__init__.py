"""Build profiles made from the real thing: a running switch, an unpacked image, a sonic-buildimage checkout."""
