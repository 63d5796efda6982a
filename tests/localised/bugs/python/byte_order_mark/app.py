import sys

from settings import load


def main(path):
    settings = load(path)
    print("listening on", settings["port"])


main(sys.argv[1])
