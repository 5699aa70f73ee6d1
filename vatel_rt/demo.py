"""`python -m vatel_rt.demo` makes a live call; its home is `vatel.cli.demo`."""

if __name__ == "__main__":
    from vatel.cli.demo.__main__ import start

    start()
