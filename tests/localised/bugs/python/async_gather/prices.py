import asyncio

from feed import price_of


async def main():
    prices = await asyncio.gather(*(price_of(name) for name in ("tea", "pot", "cup")))
    print(sum(prices))


asyncio.run(main())
