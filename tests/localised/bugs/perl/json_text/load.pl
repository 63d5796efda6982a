use strict;
use warnings;
use Reader;

my $settings = Reader::read_settings("{\"port\": 8080,}\n");
print "$settings->{port}\n";
