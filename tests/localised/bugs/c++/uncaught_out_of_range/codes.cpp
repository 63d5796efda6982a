#include <map>
#include <string>

static const std::map<std::string, std::string> COUNTRIES = {{"fr", "France"}, {"de", "Germany"}};

std::string country(const std::string &code) {
    return COUNTRIES.at(code);
}
