"""Audio around a call: format, devices, playout, files."""
