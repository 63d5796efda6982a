# Small failing programs in Perl, one for each bug: `perl shop.pl BUG NUMBER`.

use strict;
use warnings;
use Carp;

sub average { my ($sum, $count) = @_; return $sum / $count; }
sub reserve { my $number = shift; die "tenant $number is over its quota\n"; }
sub ship { my $number = shift; confess "no carrier for parcel $number"; }
sub open_prices { my $number = shift; open(my $file, '<', "/var/lib/shop/$number.db") or die "cannot open the price list: $!"; }
sub call_missing { my $cart = {}; return $cart->total; }
sub use_missing { require Shop::Nowhere; }

my %bugs = (
    average => sub { average($_[0], 0) }, quota => \&reserve, carrier => \&ship, prices => \&open_prices,
    method => \&call_missing, module => \&use_missing,
);
$bugs{$ARGV[0]}->($ARGV[1]);
