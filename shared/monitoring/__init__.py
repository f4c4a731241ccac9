"""What a process tells about itself: whether it lives, whether it may be given work, and figures for Prometheus."""
