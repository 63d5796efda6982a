use strict;
use warnings;
use Ranking;

print join(', ', Ranking::top({ name => 'Ada', points => 3 }, { name => 'Grace' })), "\n";
