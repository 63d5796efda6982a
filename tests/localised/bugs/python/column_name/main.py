import sqlite3

from orders import Orders


def main():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE orders (id INTEGER, customer TEXT, closed_at TEXT)")
    orders = Orders(connection)
    orders.add(1, "Ada")
    print(orders.open_orders())


if __name__ == "__main__":
    main()
