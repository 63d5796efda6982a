#include <iostream>
#include <string>

std::string country(const std::string &code);

int main() {
    std::cout << country("fr") << country("xx") << "\n";
}
