"""Small failing programs in Python, one for each bug: `python3 shop.py BUG NUMBER`."""

import asyncio
import atexit
import concurrent.futures
import json
import logging
import sys
import threading

PRICES = {"pot": 30, "cup": 4}


class Cart:
    def __init__(self, number):
        self.number = number
        self.items = [{"sku": "pot", "amount": 2}]

    def total(self):
        return sum(PRICES[item["sku"]] * item["count"] for item in self.items)

    def discount(self, code):
        return {"summer": 3, "winter": 5}[code]

    def label(self):
        return self.titel.upper()


class QuotaError(Exception):
    pass


def parse_amount(text):
    return int(text)


def parse_weight(text):
    return float(text)


def average(prices):
    return sum(prices) / len(prices)


def read_order(number):
    with open(f"/var/spool/shop/{number}.json", encoding="utf-8") as file:
        return json.load(file)


def read_config():
    with open("/etc/shop/config.toml", encoding="utf-8") as file:
        return file.read()


def reserve(number):
    raise QuotaError(f"tenant {number} is over its quota of {number % 97} items")


def ship(number):
    raise RuntimeError(f"no carrier for parcel {number}")


def bill(number):
    raise RuntimeError(f"invoice {number} is empty")


def check_stock(number):
    assert number < 0, f"{number} pots left"


def check_price(number):
    assert number < 0, f"price {number} is not positive"


def walk(node):
    return walk(node)


def convert(source, number):
    try:
        if source == "date":
            raise ValueError(f"month {number} must be in 1..12")
        raise KeyError("currency")
    except Exception as error:
        raise RuntimeError("conversion failed") from error


def decode(number):
    return json.loads(f"<html>{number}</html>")


def decode_name(number):
    return bytes([0xFF, number % 100]).decode("utf-8")


class Watcher:
    def __del__(self):
        self.socket.close()


def with_watcher(number):
    watcher = Watcher()
    watcher.again = watcher
    globals()["kept"] = watcher
    raise LookupError(f"no shelf {number}")


async def refresh(number):
    raise ConnectionResetError(f"peer {number} closed")


async def never_retrieved(number):
    task = asyncio.ensure_future(refresh(number))
    await asyncio.sleep(0.01)
    del task
    raise PermissionError(13, "bucket is read only", f"/data/{number}")


async def sync(kind, number):
    if kind == "orders":
        raise KeyError("order_id")
    raise TimeoutError(f"no answer in {number} ms")


async def gather(kind, number):
    async with asyncio.TaskGroup() as group:
        group.create_task(sync(kind, number))


def in_pool(kind, number):
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        pool.submit(parse_row if kind == "row" else parse_head, number).result()


def parse_row(number):
    return ["a", "b"].index(f"c{number}")


def parse_head(number):
    return "no separator".split("\t")[number]


def in_thread(number):
    def work():
        raise OSError(28, "No space left on device", f"/tmp/part-{number}")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    sys.exit(3)


def logged(number):
    try:
        reserve_slot(number)
    except LookupError:
        logging.exception("job %d failed", number)
        sys.exit(1)


def reserve_slot(number):
    raise LookupError(f"slot {number} is taken")


def logged_line(number):
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.warning("retry 1 of 3")
    logging.error("cannot reach the price service: timed out after %d ms", number)
    sys.exit(1)


def at_exit(number):
    atexit.register(lambda: print("closing", file=sys.stderr))
    return undefined_price + number


class Plugin:
    def load(self):
        import shop_plugin_nowhere

        return shop_plugin_nowhere


BUGS = {
    "count": lambda n: Cart(n).total(),
    "discount": lambda n: Cart(n).discount(f"code{n}"),
    "label": lambda n: Cart(n).label(),
    "amount": lambda n: parse_amount(f"{n},50"),
    "weight": lambda n: parse_weight(f"{n}kg"),
    "average": lambda n: average([]),
    "order_file": read_order,
    "config_file": lambda n: read_config(),
    "quota": reserve,
    "carrier": ship,
    "invoice": bill,
    "stock": check_stock,
    "price": check_price,
    "recursion": walk,
    "date": lambda n: convert("date", n),
    "currency": lambda n: convert("currency", n),
    "html": decode,
    "bytes": decode_name,
    "watcher": with_watcher,
    "never": lambda n: asyncio.run(never_retrieved(n)),
    "pool_row": lambda n: in_pool("row", n),
    "pool_head": lambda n: in_pool("head", n),
    "thread": in_thread,
    "logged": logged,
    "logged_line": logged_line,
    "atexit": at_exit,
    "plugin": lambda n: Plugin().load(),
    "exit_text": lambda n: sys.exit(f"shop: price list {n} is missing"),
}

if sys.version_info >= (3, 11):
    BUGS["group_orders"] = lambda n: asyncio.run(gather("orders", n))
    BUGS["group_timeout"] = lambda n: asyncio.run(gather("timeout", n))

if __name__ == "__main__":
    BUGS[sys.argv[1]](int(sys.argv[2]))
