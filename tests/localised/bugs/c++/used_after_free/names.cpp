#include <string>
#include <vector>

static std::string shortened(const std::string &name) {
    return name.size() > 40 ? name.substr(0, 40) : name;
}

const char *longest(const std::vector<std::string> &names) {
    const char *found = "";
    std::size_t length = 0;
    for (const std::string &name : names) {
        std::string text = shortened(name);
        if (text.size() > length) {
            length = text.size();
            found = text.c_str();
        }
    }
    return found;
}
