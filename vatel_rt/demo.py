"""Compatibility with 0.1.0: the demo is `vatel.cli.demo`."""

if __name__ == "__main__":
    from vatel.cli.demo.__main__ import start

    start()
