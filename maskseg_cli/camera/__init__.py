"""Live cameras: capture, the viewers' controls, the live window, recordings and snapshots."""
