/* balance.h: connections move from a reactor that cannot keep up to one that can.
 *
 * The kernel spreads connections over reactors by a hash of their addresses at a time when nobody knows how much each
 * will ask for; a few busy ones may meet on one reactor. So each reactor looks every KT_BALANCE_MS at how much of the
 * time it had work (the kernel's account of its thread: running or waiting for a processor), and one that is busy gives
 * some of the connections that kept it busy to the one that is least so. A connection moves as a whole, between two
 * requests, which for HTTP/2 is a moment without open streams; bytes that have arrived and are not parsed yet move with
 * it. A connection that is never without a stream stays. */
#ifndef KT_SERVER_BALANCE_H
#define KT_SERVER_BALANCE_H

#include "server/server.h"

#include <pthread.h>

#define KT_BALANCE_MS 500     /* between two looks; connections that moved show in the look after the next */
#define KT_BALANCE_BUSY 850   /* thousandths of the time from which on a reactor gives */
#define KT_BALANCE_GAP 300    /* by how much the other must be less busy, or moving would only swing */
#define KT_BALANCE_LOOKS 1024 /* connections looked at in one go, which bounds the time of it */
#define KT_BALANCE_MOVES 64   /* connections given in one go */

typedef struct kt_conn kt_conn;

/* A connection between two reactors. */
typedef struct kt__parcel {
  struct kt__parcel *next;
  int fd;
  kt_filter *filter; /* or NULL */
  kt_buf *in;        /* bytes that have arrived, or NULL */
  struct kt__h2 *h2; /* or NULL: HTTP/1.1 */
} kt__parcel;

typedef struct kt__balance {
  kt_timer timer;
  int account_fd; /* of this thread's time */
  uint64_t busy_ns, at_ns; /* at the last look */
  uint32_t rests;          /* looks to pass before connections are given again */
  uint32_t load;           /* thousandths, as of the last look; read by the others */
  bool promised;           /* another reactor gives to this one; until the next look */
  uint64_t moved;          /* connections given */
  pthread_mutex_t lock;    /* of what follows: moves are rare, and no request waits here */
  kt__parcel *parcels;
  bool closed; /* the reactor has ended: nothing more is sent to it */
} kt__balance;

void kt__balance_init(kt_reactor *r);
void kt__balance_deinit(kt_reactor *r);
/* On the reactor's thread, when it begins and ends. */
void kt__balance_start(kt_reactor *r);
void kt__balance_stop(kt_reactor *r);

/* Any thread. The parcel is copied. False when memory is out or the reactor has ended; what is in it then stays the
 * caller's. */
bool kt__balance_send(kt_reactor *to, const kt__parcel *parcel);

/* How many of `active` connections a reactor gives to another, by their loads in thousandths. */
uint32_t kt__balance_share(uint32_t load, uint32_t other, uint32_t active);
/* Starts moving up to n connections that were active since the last look; how many. */
uint32_t kt__balance_give(kt_reactor *r, kt_reactor *to, uint32_t n);

#endif
