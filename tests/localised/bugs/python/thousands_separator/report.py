"""Prints the total of each customer, the largest first."""
import csv
import io

from money import parse_amount

ROWS = """customer,amount
Ada,120.50
Grace,"1,250.00"
Ada,9.90
"""


def totals(rows):
    sums = {}
    for row in rows:
        sums[row["customer"]] = sums.get(row["customer"], 0) + parse_amount(row["amount"])
    return sums


def main():
    sums = totals(csv.DictReader(io.StringIO(ROWS)))
    for customer in sorted(sums, key=sums.get, reverse=True):
        print(customer, sums[customer])


if __name__ == "__main__":
    main()
