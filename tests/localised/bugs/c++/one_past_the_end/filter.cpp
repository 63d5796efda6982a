#include <vector>

static double average(const double *values, int count) {
    double sum = 0;
    for (int i = 0; i <= count; i++) {
        sum += values[i];
    }
    return sum / count;
}

double smooth(const std::vector<double> &values) {
    return average(values.data(), static_cast<int>(values.size()));
}
