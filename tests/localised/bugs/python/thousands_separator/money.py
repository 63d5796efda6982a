"""Amounts of money in files of customers."""
from decimal import Decimal


def parse_amount(text):
    return Decimal(text.strip())
