from lines import total


class RenderError(Exception):
    pass


def render(invoice):
    try:
        return f"{invoice['number']}: {total(invoice['lines'])}"
    except KeyError as error:
        raise RenderError(f"invoice {invoice['number']} cannot be rendered") from error


if __name__ == "__main__":
    lines = [{"net": 100, "rate": "full"}, {"net": 40, "rate": "none"}]
    print(render({"number": 17, "lines": lines}))
