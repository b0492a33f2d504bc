"""Where recordings and pictures are kept: a port, and an adapter for local disks."""
