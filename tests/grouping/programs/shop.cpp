// Small failing programs in C++, one for each bug: `shop BUG NUMBER`.

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

int main(int count, char **arguments) {
    std::string bug = arguments[1];
    int number = atoi(arguments[2]);
    std::vector<int> prices(3);
    std::map<std::string, int> stock;
    if (bug == "at") return prices.at(number);
    if (bug == "map") return stock.at("pot");
    if (bug == "quota") throw std::runtime_error("tenant " + std::to_string(number) + " is over its quota");
    if (bug == "carrier") throw std::runtime_error("no carrier for parcel " + std::to_string(number));
    if (bug == "number") return std::stoi("pot");
    if (bug == "thrown_int") throw number;
    if (bug == "assert_price") assert(number < 0 && "the price is negative");
    if (bug == "assert_count") assert(count > 9);
    if (bug == "free") {
        char *text = static_cast<char *>(malloc(8));
        free(text);
        free(text);
    }
    if (bug == "abort") {
        fprintf(stderr, "shelf %d is inconsistent\n", number);
        abort();
    }
    if (bug == "null") {
        volatile int *price = nullptr;
        *price = number;
    }
    if (bug == "exit") {
        fprintf(stderr, "shop: cannot open price list %d: no such table\n", number);
        return 2;
    }
}
