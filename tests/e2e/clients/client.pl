# LWP, which reads the variables only when it is asked to.
use strict;
use warnings;
use LWP::UserAgent;

my $response = LWP::UserAgent->new(env_proxy => 1)->get($ARGV[0]);
print $response->code, "\n", $response->decoded_content;
