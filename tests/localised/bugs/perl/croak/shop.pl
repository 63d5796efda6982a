use strict;
use warnings;
use Cart;

my $cart = Cart->new;
$cart->add_all({ sku => 'tea', count => 2 }, { sku => 'pot' });
print $cart->count, "\n";
