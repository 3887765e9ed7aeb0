#include "http/field.h"

static const kt_bytes names[KT_FIELD_COUNT] = {
    [KT_FIELD_OTHER] = {(const uint8_t *)"", 0},
    [KT_FIELD_HOST] = {(const uint8_t *)"Host", 4},
    [KT_FIELD_CONNECTION] = {(const uint8_t *)"Connection", 10},
    [KT_FIELD_CONTENT_LENGTH] = {(const uint8_t *)"Content-Length", 14},
    [KT_FIELD_TRANSFER_ENCODING] = {(const uint8_t *)"Transfer-Encoding", 17},
    [KT_FIELD_CONTENT_TYPE] = {(const uint8_t *)"Content-Type", 12},
    [KT_FIELD_EXPECT] = {(const uint8_t *)"Expect", 6},
    [KT_FIELD_UPGRADE] = {(const uint8_t *)"Upgrade", 7},
    [KT_FIELD_DATE] = {(const uint8_t *)"Date", 4},
    [KT_FIELD_ACCEPT] = {(const uint8_t *)"Accept", 6},
    [KT_FIELD_ACCEPT_ENCODING] = {(const uint8_t *)"Accept-Encoding", 15},
    [KT_FIELD_ACCEPT_LANGUAGE] = {(const uint8_t *)"Accept-Language", 15},
    [KT_FIELD_AUTHORIZATION] = {(const uint8_t *)"Authorization", 13},
    [KT_FIELD_CACHE_CONTROL] = {(const uint8_t *)"Cache-Control", 13},
    [KT_FIELD_COOKIE] = {(const uint8_t *)"Cookie", 6},
    [KT_FIELD_CONTENT_ENCODING] = {(const uint8_t *)"Content-Encoding", 16},
    [KT_FIELD_CONTENT_LANGUAGE] = {(const uint8_t *)"Content-Language", 16},
    [KT_FIELD_CONTENT_LOCATION] = {(const uint8_t *)"Content-Location", 16},
    [KT_FIELD_CONTENT_RANGE] = {(const uint8_t *)"Content-Range", 13},
    [KT_FIELD_ETAG] = {(const uint8_t *)"ETag", 4},
    [KT_FIELD_FORWARDED] = {(const uint8_t *)"Forwarded", 9},
    [KT_FIELD_IDEMPOTENCY_KEY] = {(const uint8_t *)"Idempotency-Key", 15},
    [KT_FIELD_IF_MATCH] = {(const uint8_t *)"If-Match", 8},
    [KT_FIELD_IF_MODIFIED_SINCE] = {(const uint8_t *)"If-Modified-Since", 17},
    [KT_FIELD_IF_NONE_MATCH] = {(const uint8_t *)"If-None-Match", 13},
    [KT_FIELD_IF_RANGE] = {(const uint8_t *)"If-Range", 8},
    [KT_FIELD_IF_UNMODIFIED_SINCE] = {(const uint8_t *)"If-Unmodified-Since", 19},
    [KT_FIELD_KEEP_ALIVE] = {(const uint8_t *)"Keep-Alive", 10},
    [KT_FIELD_LAST_MODIFIED] = {(const uint8_t *)"Last-Modified", 13},
    [KT_FIELD_LOCATION] = {(const uint8_t *)"Location", 8},
    [KT_FIELD_ORIGIN] = {(const uint8_t *)"Origin", 6},
    [KT_FIELD_PRAGMA] = {(const uint8_t *)"Pragma", 6},
    [KT_FIELD_PROXY_CONNECTION] = {(const uint8_t *)"Proxy-Connection", 16},
    [KT_FIELD_RANGE] = {(const uint8_t *)"Range", 5},
    [KT_FIELD_REFERER] = {(const uint8_t *)"Referer", 7},
    [KT_FIELD_SERVER] = {(const uint8_t *)"Server", 6},
    [KT_FIELD_TE] = {(const uint8_t *)"TE", 2},
    [KT_FIELD_TRAILER] = {(const uint8_t *)"Trailer", 7},
    [KT_FIELD_TRACEPARENT] = {(const uint8_t *)"Traceparent", 11},
    [KT_FIELD_TRACESTATE] = {(const uint8_t *)"Tracestate", 10},
    [KT_FIELD_USER_AGENT] = {(const uint8_t *)"User-Agent", 10},
    [KT_FIELD_VARY] = {(const uint8_t *)"Vary", 4},
    [KT_FIELD_VIA] = {(const uint8_t *)"Via", 3},
    [KT_FIELD_X_FORWARDED_FOR] = {(const uint8_t *)"X-Forwarded-For", 15},
    [KT_FIELD_X_REQUEST_ID] = {(const uint8_t *)"X-Request-Id", 12},
};

/* A perfect hash of the names above over their length and three letters; the factors were found by search. When a name
 * is added and the test "every known name has its id" fails, search again. */
#define SLOTS 128
static const uint8_t slots[SLOTS] = {
     0, 27,  0,  0, 21,  0,  0,  0, 30,  0, 40,  9,  0, 10,  0, 31,
    42,  0,  0,  0,  0,  0,  0,  0, 33, 13,  0,  0, 23,  0,  0,  0,
     0,  0,  0,  0, 25, 28,  0,  5,  0, 39,  0,  0, 19,  0,  0,  1,
    32,  0,  0,  0,  0, 22, 17,  0, 24,  0,  0,  0,  0, 34, 14,  2,
     6,  0, 38,  3,  0,  0,  7,  0,  0, 18,  0,  0, 29,  0,  0,  0,
     0,  0,  0,  0,  0,  4, 37,  0,  0,  0,  0, 26,  0, 35,  0,  0,
    12, 44,  0,  8,  0, 11,  0, 43, 41, 36,  0,  0,  0, 16,  0,  0,
     0,  0,  0,  0, 20, 15,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
};

static unsigned hash(const uint8_t *name, size_t n) {
  unsigned v = (unsigned)n * 38 + (name[0] | 0x20u) * 110 + (name[n / 2] | 0x20u) * 173 + (name[n - 1] | 0x20u) * 38;
  return (v ^ v >> 7) & (SLOTS - 1);
}

static uint64_t load8(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}

static uint64_t load4(const uint8_t *p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return word;
}

/* Known names are of letters and hyphens. Of these only letters have bit 0x40, and what differs in 0x20 alone from a
 * letter is the same letter. */
static bool same_letters(uint64_t known, uint64_t other) {
  return ((known ^ other) & ~(known >> 1 & 0x2020202020202020u)) == 0;
}

/* Loads that overlap cover what is no multiple of their size. */
static bool same_name(const uint8_t *known, const uint8_t *name, size_t n) {
  if (n >= 8) {
    if (!same_letters(load8(known), load8(name))) return false;
    if (n > 16 && !same_letters(load8(known + 8), load8(name + 8))) return false;
    return same_letters(load8(known + n - 8), load8(name + n - 8));
  }
  if (n >= 4)
    return same_letters(load4(known), load4(name)) && same_letters(load4(known + n - 4), load4(name + n - 4));
  for (size_t i = 0; i < n; i++)
    if (!same_letters(known[i], name[i])) return false;
  return true;
}

uint16_t kt_field_lookup(const uint8_t *name, size_t n) {
  if (n == 0) return KT_FIELD_OTHER;
  uint16_t id = slots[hash(name, n)];
  _Static_assert(sizeof "If-Unmodified-Since" - 1 <= 24, "three words hold the longest name");
  return names[id].n == n && same_name(names[id].p, name, n) ? id : KT_FIELD_OTHER;
}

kt_bytes kt_field_name(uint16_t id) { return names[id < KT_FIELD_COUNT ? id : KT_FIELD_OTHER]; }
