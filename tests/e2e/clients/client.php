<?php
// PHP's curl, as an app uses it.
$call = curl_init($argv[1]);
curl_setopt($call, CURLOPT_RETURNTRANSFER, true);
$body = curl_exec($call);
if ($body === false) {
    fwrite(STDERR, curl_error($call));
    exit(1);
}
echo curl_getinfo($call, CURLINFO_RESPONSE_CODE), "\n", $body;
