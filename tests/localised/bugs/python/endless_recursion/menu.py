from tree import path_to_root

PARENTS = {"tea": "drinks", "drinks": "menu", "menu": "menu"}


def breadcrumb(name):
    return " > ".join(reversed(path_to_root(name, PARENTS)))


print(breadcrumb("tea"))
