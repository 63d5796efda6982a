class Orders:
    """The orders in the database."""

    def __init__(self, connection):
        self.connection = connection

    def add(self, number, customer):
        self._run("INSERT INTO orders (id, customer) VALUES (?, ?)", (number, customer))

    def open_orders(self):
        return self._run("SELECT id, customer FROM orders WHERE closed IS NULL").fetchall()

    def _run(self, statement, values=()):
        return self.connection.execute(statement, values)
