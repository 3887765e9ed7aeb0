#include "http/date.h"

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

typedef struct civil {
  int64_t year;
  unsigned month, day; /* from 1 */
} civil;

/* Days since 1970 in the proleptic Gregorian calendar; years begin in March, so that leap days come last. */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  unsigned year_of_era = (unsigned)(y - era * 400);
  unsigned day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + (int64_t)day_of_era - 719468;
}

static civil civil_from_days(int64_t z) {
  z += 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  unsigned day_of_era = (unsigned)(z - era * 146097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned mp = (5 * day_of_year + 2) / 153;
  civil c = {.year = (int64_t)year_of_era + era * 400,
             .month = mp < 10 ? mp + 3 : mp - 9,
             .day = day_of_year - (153 * mp + 2) / 5 + 1};
  c.year += c.month <= 2;
  return c;
}

static char *put2(char *out, unsigned v) {
  out[0] = (char)('0' + v / 10);
  out[1] = (char)('0' + v % 10);
  return out + 2;
}

static char *put(char *out, const char *text, size_t n) {
  memcpy(out, text, n);
  return out + n;
}

void kt_date_format(int64_t t, char out[KT_DATE_SIZE]) {
  int64_t day = t / 86400 - (t % 86400 < 0);
  unsigned second = (unsigned)(t - day * 86400);
  civil c = civil_from_days(day);
  unsigned weekday = (unsigned)(((day + 4) % 7 + 7) % 7);
  out = put(out, days + 3 * weekday, 3);
  out = put(out, ", ", 2);
  out = put2(out, c.day);
  *out++ = ' ';
  out = put(out, months + 3 * (c.month - 1), 3);
  *out++ = ' ';
  out = put2(out, (unsigned)(c.year / 100));
  out = put2(out, (unsigned)(c.year % 100));
  *out++ = ' ';
  out = put2(out, second / 3600);
  *out++ = ':';
  out = put2(out, second / 60 % 60);
  *out++ = ':';
  out = put2(out, second % 60);
  put(out, " GMT", 4);
}

/* A cursor that fails once and for all. */
typedef struct reader {
  const uint8_t *p, *end;
  bool ok;
} reader;

static void literal(reader *r, const char *text) {
  size_t n = strlen(text);
  r->ok = r->ok && (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
  if (r->ok) r->p += n;
}

static unsigned number(reader *r, size_t digits) {
  unsigned v = 0;
  for (size_t i = 0; i < digits; i++) {
    r->ok = r->ok && r->p < r->end && (uint8_t)(*r->p - '0') < 10;
    if (!r->ok) return 0;
    v = v * 10 + (unsigned)(*r->p++ - '0');
  }
  return v;
}

static unsigned month(reader *r) {
  r->ok = r->ok && r->end - r->p >= 3;
  for (unsigned m = 0; r->ok && m < 12; m++)
    if (memcmp(r->p, months + 3 * m, 3) == 0) {
      r->p += 3;
      return m + 1;
    }
  r->ok = false;
  return 1;
}

static void weekday(reader *r, bool is_long) {
  static const char *const rest[] = {"day", "day", "sday", "nesday", "rsday", "day", "urday"};
  r->ok = r->ok && r->end - r->p >= 3;
  for (unsigned d = 0; r->ok && d < 7; d++)
    if (memcmp(r->p, days + 3 * d, 3) == 0) {
      r->p += 3;
      if (is_long) literal(r, rest[d]);
      return;
    }
  r->ok = false;
}

static int64_t time_of_day(reader *r) {
  unsigned h = number(r, 2);
  literal(r, ":");
  unsigned m = number(r, 2);
  literal(r, ":");
  unsigned s = number(r, 2);
  r->ok = r->ok && h < 24 && m < 60 && s <= 60; /* 60 is a leap second */
  return (int64_t)h * 3600 + m * 60 + s;
}

static bool day_exists(int64_t year, unsigned m, unsigned d) {
  static const uint8_t length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return d >= 1 && d <= length[m - 1] && (m != 2 || d < 29 || leap);
}

static bool finish(reader *r, int64_t year, unsigned m, unsigned d, int64_t seconds, int64_t *out) {
  if (!r->ok || r->p != r->end || !day_exists(year, m, d)) return false;
  *out = days_from_civil(year, m, d) * 86400 + seconds;
  return true;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool imf_fixdate(reader r, int64_t *out) {
  weekday(&r, false);
  literal(&r, ", ");
  unsigned d = number(&r, 2);
  literal(&r, " ");
  unsigned m = month(&r);
  literal(&r, " ");
  int64_t y = number(&r, 4);
  literal(&r, " ");
  int64_t t = time_of_day(&r);
  literal(&r, " GMT");
  return finish(&r, y, m, d, t, out);
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool rfc850(reader r, int64_t now, int64_t *out) {
  weekday(&r, true);
  literal(&r, ", ");
  unsigned d = number(&r, 2);
  literal(&r, "-");
  unsigned m = month(&r);
  literal(&r, "-");
  int64_t y = number(&r, 2);
  literal(&r, " ");
  int64_t t = time_of_day(&r);
  literal(&r, " GMT");
  int64_t this_year = civil_from_days(now / 86400).year;
  y += this_year - this_year % 100;
  if (y > this_year + 50) y -= 100;
  return finish(&r, y, m, d, t, out);
}

/* Sun Nov  6 08:49:37 1994 */
static bool asctime_form(reader r, int64_t *out) {
  weekday(&r, false);
  literal(&r, " ");
  unsigned m = month(&r);
  literal(&r, " ");
  bool padded = r.ok && r.p < r.end && *r.p == ' ';
  if (padded) r.p++;
  unsigned d = number(&r, padded ? 1 : 2);
  literal(&r, " ");
  int64_t t = time_of_day(&r);
  literal(&r, " ");
  int64_t y = number(&r, 4);
  return finish(&r, y, m, d, t, out);
}

bool kt_date_parse(kt_bytes text, int64_t now, int64_t *out) {
  reader r = {text.p, text.p + text.n, text.n > 0};
  return imf_fixdate(r, out) || rfc850(r, now, out) || asctime_form(r, out);
}
