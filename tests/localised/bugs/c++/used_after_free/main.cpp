#include <cstdio>
#include <string>
#include <vector>

const char *longest(const std::vector<std::string> &names);

int main() {
    std::printf("%s\n", longest({"tea with a very long name indeed", "pot"}));
}
