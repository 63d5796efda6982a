RATES = {"full": 19, "reduced": 7}


def tax(line):
    return line["net"] * RATES[line["rate"]] // 100


def total(lines):
    return sum(line["net"] + tax(line) for line in lines)
