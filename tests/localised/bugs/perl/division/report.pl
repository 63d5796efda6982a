use strict;
use warnings;
use Figures;

for my $day ([3, 12], [0, 0]) {
    printf "%.2f\n", Figures::ratio(@$day);
}
