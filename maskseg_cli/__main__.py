"""`python -m maskseg_cli`: the same as the command `maskseg`."""

from maskseg_cli.cli.main import main

if __name__ == "__main__":
    main(prog_name="maskseg")
