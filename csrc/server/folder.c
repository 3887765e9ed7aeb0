/* folder.c: answers with files.
 *
 * Bytes go from the page cache to the connection's queue, a piece at a time, as long as the queue has room; over
 * HTTP/1.1 those of large pieces go to the socket by sendfile(2), under TLS where the kernel can seal them. What is not
 * in the page cache a worker reads; so it does with paths that the kernel would have to look up on the disk. An answer
 * suspends its exchange when it has to wait for the first time; most end before the handler returns. */
#include "server/folder.h"

#include "coding/negotiate.h"
#include "server/coded.h"
#include "server/exchange.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SYS_CACHESTAT 451            /* on every architecture */
#define PAGE_SIZE 4096               /* where pages are larger, fewer count than it takes: through memory */
#define SENDFILE_SIZE_MIN (64 * 1024) /* left of a piece; a copy of less costs no more */
#define RETRY_MS 20 /* until a worker may be free for a response that has begun */

typedef struct answer {
  kt_work work; /* of the worker, or in its place of the loop */
  kt_exchange *x;
  kt_folder *folder;
  kt__folder_cache *cache;
  kt_bytes path; /* without a slash at its end */
  bool suspended;
  kt__found found; /* the worker's look */
  int error;       /* errno value of the worker's look or read */
  kt__folder_entry *entry;
  kt_files_plan plan;
  int fd;
  uint32_t next_piece;
  uint64_t at, left; /* of the piece */
  uint8_t *part_head;
  uint8_t *cold; /* what the worker read */
  ssize_t cold_n;
} answer;

static uint64_t now_ms_of(const answer *a) { return a->x->reactor->loop.now_ms; }

/* The answer's memory is the exchange's. */
static void leave(answer *a) {
  kt_exchange *x = a->x;
  bool suspended = a->suspended;
  if (a->entry) kt__folder_let_go(a->entry);
  kt_free(a->cold);
  if (suspended) kt_exchange_leave(x);
}

static void refuse(answer *a, uint16_t status, const char *detail) {
  if (!kt_response_started(a->x)) kt_response_problem(a->x, status, kt_bytes_make(detail, strlen(detail)));
  leave(a);
}

/* ---- work that blocks ---- */

static void run_here(void *work, void *unused) {
  (void)unused;
  kt_work *w = work;
  w->run(w);
  w->done(w);
}

static void try_again(void *context);

static void busy(answer *a) {
  if (kt_response_started(a->x)) {
    if (kt_exchange_sleep(a->x, RETRY_MS, try_again, a) == KT_OK) return;
    kt_response_abort(a->x);
  } else {
    kt_response_field(a->x, KT_BYTES("Retry-After"), KT_BYTES("1"));
  }
  refuse(a, 503, "all threads that read files are busy");
}

/* A server without workers has no other thread for it; through the loop others have their turn meanwhile. */
static void away(answer *a) {
  if (!a->suspended) kt_exchange_suspend(a->x);
  a->suspended = true;
  kt_reactor *r = a->x->reactor;
  if (r->config->workers == 0)
    kt_reactor_post(r, run_here, &a->work, NULL);
  else if (kt_reactor_offload(r, &a->work) != KT_OK)
    busy(a);
}

static void try_again(void *context) {
  answer *a = context;
  if (kt_exchange_cancelled(a->x))
    leave(a);
  else
    away(a);
}

/* ---- content ---- */

static void pump(answer *a);

static void pump_in_callback(void *context) { pump(context); }
static void pump_in_task(void *context, void *unused) {
  (void)unused;
  pump(context);
}

/* The file is shorter than the head said: nobody may take what was sent for the whole. */
static void break_off(answer *a) {
  kt_response_abort(a->x);
  leave(a);
}

static void run_read(kt_work *work) {
  answer *a = (answer *)work;
  size_t n = a->left < KT_FOLDER_COLD_SIZE ? (size_t)a->left : KT_FOLDER_COLD_SIZE;
  a->cold_n = pread(a->fd, a->cold, n, (off_t)a->at);
  a->error = a->cold_n < 0 ? errno : 0;
}

/* KT_OK, KT_AGAIN when `pump` will be called, or the exchange is over. */
static kt_status put(answer *a, const void *p, size_t n) {
  kt_status st = kt_response_write(a->x, p, n);
  if (st != KT_AGAIN) return st;
  if (!a->suspended) kt_exchange_suspend(a->x);
  a->suspended = true;
  return kt_response_wait(a->x, pump_in_callback, a);
}

static kt_status put_piece(answer *a, const void *p, size_t n) {
  a->at += n;
  a->left -= n;
  return put(a, p, n);
}

static void done_read(kt_work *work) {
  answer *a = (answer *)work;
  if (kt_exchange_cancelled(a->x)) {
    leave(a);
  } else if (a->cold_n <= 0) {
    break_off(a);
  } else {
    kt_status st = put_piece(a, a->cold, (size_t)a->cold_n);
    if (st < 0)
      leave(a);
    else if (st == KT_OK)
      pump(a);
  }
}

/* ---- past memory ---- */

/* What sendfile(2) would wait for, it does not say. cachestat(2) does (Linux 6.5), to those who may write the file or
 * own it; to others, and before, content goes through memory. It counts pages that are still being read, which come
 * in order: when the last one is there, all are. */
static bool is_cached(const answer *a, size_t n) {
  struct {
    uint64_t offset, n;
  } range = {a->at, n};
  struct {
    uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } pages;
  uint64_t first = a->at / PAGE_SIZE, last = (a->at + n - 1) / PAGE_SIZE;
  if (syscall(SYS_CACHESTAT, a->fd, &range, &pages, 0) != 0 || pages.cached < last - first + 1) return false;
  uint8_t byte;
  struct iovec to = {&byte, 1};
  return preadv2(a->fd, &to, 1, (off_t)(a->at + n - 1), RWF_NOWAIT) == 1;
}

/* KT_EINVAL: the next piece must go through memory. */
static kt_status send_cached(answer *a, size_t *sent) {
  kt_exchange *x = a->x;
  size_t n = a->left < KT_FOLDER_BURST_SIZE ? (size_t)a->left : KT_FOLDER_BURST_SIZE;
  bool may = a->left >= SENDFILE_SIZE_MIN && !kt__coded_is(x) && x->wire->takes_files && x->wire->takes_files(x);
  if (!may || !is_cached(a, n)) return KT_EINVAL;
  kt_status st = x->wire->file(x, a->fd, a->at, n, sent);
  if (st == KT_EIO) kt_response_abort(x);
  if (st == KT_OK) {
    x->out_written += *sent;
    x->wrote_ms = now_ms_of(a);
    a->at += *sent;
    a->left -= *sent;
  } else if (st == KT_AGAIN) {
    if (!a->suspended) kt_exchange_suspend(x);
    a->suspended = true;
    x->write_ready = (kt__callback){pump_in_callback, a};
  }
  return st;
}

/* ---- through memory ---- */

static void read_cold(answer *a) {
  if (!a->cold && !(a->cold = kt_malloc(KT_FOLDER_COLD_SIZE))) {
    break_off(a);
    return;
  }
  a->work.run = run_read;
  a->work.done = done_read;
  away(a);
}

/* What the page cache has; -1 when a worker must read. Some file systems cannot tell. */
static ssize_t read_cached(answer *a) {
  struct iovec to = {a->cache->piece, a->left < KT_FOLDER_PIECE_SIZE ? (size_t)a->left : KT_FOLDER_PIECE_SIZE};
  return preadv2(a->fd, &to, 1, (off_t)a->at, RWF_NOWAIT);
}

/* The next range, with its head when there are several. */
static kt_status begin_piece(answer *a) {
  const kt_range *range = &a->plan.pieces.list[a->next_piece];
  a->at = range->offset;
  a->left = range->length;
  uint32_t index = a->next_piece++;
  if (!a->plan.parts.set) return KT_OK;
  return put(a, a->part_head, kt_byteranges_head(&a->plan.parts, index, a->part_head));
}

static void end(answer *a) {
  if (a->plan.parts.set) {
    uint8_t text[KT_BYTERANGES_BOUNDARY_SIZE + 8];
    kt_response_write(a->x, text, kt_byteranges_end(&a->plan.parts, text));
  }
  kt_response_end(a->x);
  leave(a);
}

static void pump(answer *a) {
  for (uint64_t burst = 0; burst < KT_FOLDER_BURST_SIZE;) {
    if (kt_exchange_cancelled(a->x)) {
      leave(a);
      return;
    }
    kt_status st;
    if (a->left == 0) {
      if (a->next_piece == a->plan.pieces.count) {
        end(a);
        return;
      }
      st = begin_piece(a);
    } else {
      size_t sent = 0;
      st = send_cached(a, &sent);
      burst += sent;
      if (st == KT_AGAIN) return;
      if (st == KT_END) {
        break_off(a);
        return;
      }
      if (st != KT_EINVAL) continue;
      ssize_t n = read_cached(a);
      if (n < 0) {
        read_cold(a);
        return;
      }
      if (n == 0) {
        break_off(a);
        return;
      }
      burst += (uint64_t)n;
      st = put_piece(a, a->cache->piece, (size_t)n);
    }
    if (st == KT_AGAIN) return;
  }
  if (!a->suspended) kt_exchange_suspend(a->x);
  a->suspended = true;
  kt_reactor_post(a->x->reactor, pump_in_task, a, NULL);
}

/* ---- head ---- */

static unsigned acceptable_to(const kt_request *r) {
  kt_accept_encoding accept;
  unsigned set = 0;
  if (!r->known[KT_FIELD_ACCEPT_ENCODING]) return 0;
  kt_accept_encoding_of(r, &accept);
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++)
    if (kt_negotiate(&accept, 1u << i).coding == 1u << i) set |= 1u << i;
  return set;
}

static const char *detail_of(uint16_t status) {
  switch (status) {
  case 403: return "a directory without an index is not shown";
  case 404: return "no file has this path";
  case 405: return "a file can be read and nothing else";
  case 412: return "the file is not the version that the request's precondition names";
  case 416: return "the file has no such range";
  default: return "";
  }
}

/* Content-Type is the response's own business; all others are fields. */
static kt_bytes add_fields(answer *a) {
  kt_bytes type = {0, 0};
  for (uint8_t i = 0; i < a->plan.field_count; i++) {
    const kt_files_field *f = &a->plan.fields[i];
    if (kt_bytes_equal(f->name, KT_BYTES("Content-Type")))
      type = f->value;
    else
      kt_response_field(a->x, f->name, f->value);
  }
  return type;
}

static void send_content(answer *a, kt_bytes type) {
  const kt__found *found = &a->entry->found;
  const kt__file *file = a->plan.coding     ? &found->coded[__builtin_ctz(a->plan.coding)]
                         : a->plan.is_index ? &found->index
                                            : &found->at;
  a->fd = file->fd;
  if (a->plan.parts.set && !(a->part_head = kt_exchange_alloc(a->x, kt_byteranges_head_size_max(&a->plan.parts)))) {
    refuse(a, 503, "out of memory");
    return;
  }
  if (kt_response_start(a->x, a->plan.status, type, (int64_t)a->plan.content_length) == KT_OK)
    pump(a);
  else
    leave(a);
}

static void send_plan(answer *a) {
  if (a->plan.pieces.too_many) kt__limit_met_by(a->x, KT_LIMIT_RANGES);
  kt_bytes type = add_fields(a);
  uint16_t status = a->plan.status;
  if (status >= 400) {
    refuse(a, status, detail_of(status));
  } else if (a->plan.pieces.count) {
    send_content(a, type);
  } else { /* 301, 304, HEAD, an empty file */
    kt_response_send(a->x, status, type, NULL, (size_t)a->plan.content_length);
    leave(a);
  }
}

static void respond(answer *a) {
  const kt_request *r = kt_exchange_request(a->x);
  const kt__found *found = &a->entry->found;
  kt_files_question q = {
      .request = r,
      .path = a->path,
      .entry = found->at.entry,
      .index = found->index.entry,
      .acceptable = acceptable_to(r),
      .now = a->x->reactor->loop.unix_seconds,
  };
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++) q.coded[i] = found->coded[i].entry;
  kt_bytes range = kt_request_field(r, KT_FIELD_RANGE);
  bool several = range.n && memchr(range.p, ',', range.n);
  if (several && getrandom(q.random, sizeof q.random, GRND_NONBLOCK) != sizeof q.random)
    refuse(a, 503, "the system has no random numbers yet");
  else if (kt_files_plan_make(&a->folder->plan, &q, &a->x->arena, &a->plan) != KT_OK)
    refuse(a, 503, "out of memory");
  else
    send_plan(a);
}

/* ---- look ---- */

static void looked(answer *a) {
  switch (a->error) {
  case 0: break;
  case EACCES: refuse(a, 403, "the server may not read this file"); return;
  case EMFILE:
  case ENFILE:
    kt__folder_forget(a->cache); /* what it held is free for the next request */
    refuse(a, 503, "too many files are open");
    return;
  case ENOMEM: refuse(a, 503, "out of memory"); return;
  default: refuse(a, 500, "the file system failed"); return;
  }
  a->entry = kt__folder_keep(a->cache, a->folder->descriptors_max, a->path, &a->found, now_ms_of(a));
  if (!a->entry)
    refuse(a, 503, "out of memory");
  else if (kt_response_started(a->x)) /* its deadline has passed */
    leave(a);
  else
    respond(a);
}

static void run_look(kt_work *work) {
  answer *a = (answer *)work;
  a->error = kt__folder_look(a->folder, a->path, true, &a->found);
}

static void done_look(kt_work *work) { looked((answer *)work); }

static void look(answer *a) {
  a->error = kt__folder_look(a->folder, a->path, false, &a->found);
  if (a->error != EAGAIN) {
    looked(a);
    return;
  }
  a->work.run = run_look;
  a->work.done = done_look;
  away(a);
}

void kt_folder_serve(void *folder, kt_exchange *x) {
  const kt_request *r = kt_exchange_request(x);
  kt_bytes path = r->param_count ? r->params[r->param_count - 1] : (kt_bytes){0, 0};
  kt_folder *f = folder;
  answer *a = kt_exchange_alloc(x, sizeof *a);
  kt__folder_cache *cache = kt__folder_cache_of(f, x->reactor);
  if (!a || !cache) {
    kt_response_problem(x, 503, KT_BYTES("out of memory"));
    return;
  }
  const char *why = kt_files_path_refused(path, f->hidden);
  if (path.n && path.p[path.n - 1] == '/') path.n--;
  *a = (answer){.x = x, .folder = f, .cache = cache, .path = path};
  if (why) {
    refuse(a, 404, "no file has this path");
    return;
  }
  a->entry = kt__folder_find(cache, path, now_ms_of(a));
  if (a->entry)
    respond(a);
  else
    look(a);
}
