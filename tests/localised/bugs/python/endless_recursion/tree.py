def path_to_root(name, parents):
    """The name, and all names above it. A root is its own parent."""
    parent = parents.get(name)
    if parent is None:
        return [name]
    return [name] + path_to_root(parent, parents)
