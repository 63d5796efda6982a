use strict;
use warnings;
use Store;

my $store = Store->new(tea => 3);
print $store->describe($_), "\n" for qw(tea pot);
