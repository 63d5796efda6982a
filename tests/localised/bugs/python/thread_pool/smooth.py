from concurrent.futures import ThreadPoolExecutor

from windows import average, windows


def smooth(values, size):
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(average, windows(values, size)))


print(smooth([3, 5, 8, 13], 2))
