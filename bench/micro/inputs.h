/* inputs.h: what the benchmarks of http1, route and json read, so that rows and budgets measure the same bytes. */
#ifndef KT_BENCH_INPUTS_H
#define KT_BENCH_INPUTS_H

#include "katana/bytes.h"

/* What Chrome sends for a page of a shop: 16 fields, a long User-Agent and a session's cookies. */
static const char input_browser[] =
    "GET /products/4711?sort=price&page=2 HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"126\", \"Not/A)Brand\";v=\"8\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://shop.example.com/products\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-US,en;q=0.9\r\n"
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; _ga=GA1.1.181120.1700000000\r\n"
    "\r\n";
static const char input_small[] = "GET /products/12345 HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char input_least[] = "GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n";
_Static_assert(sizeof input_browser - 1 == 703, "the browser's head has the size that the figures are for");
_Static_assert(sizeof input_small - 1 == 49, "the small head has the size that the figures are for");
_Static_assert(sizeof input_least - 1 == 38, "the least head has the size that the figures are for");

/* A product as a shop's API is sent it: an escape, a letter beyond ASCII, a decimal, a nested object and an array. */
static const char input_product[] =
    "{\"id\":4711,\"name\":\"Caf\\u00e9 table \\\"Oslo\\\"\",\"description\":\"Round table of oiled oak, seats four. "
    "Made in Köln, delivered in two parcels.\",\"price\":249.95,\"currency\":\"EUR\",\"stock\":12,\"active\":true,"
    "\"discount\":null,\"size\":{\"width\":900,\"depth\":900,\"height\":745},\"tags\":[\"table\",\"oak\",\"indoor\"],"
    "\"created\":\"2024-05-17T09:30:00Z\"}";

#endif
