/* folder_cache.c: what paths led to, by path; the least recently used go first. */
#include "server/folder.h"

static uint32_t hash_of(kt_bytes path) { /* FNV-1a */
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < path.n; i++) h = (h ^ path.p[i]) * 16777619u;
  return h;
}

/* Reactors of two servers may have the same index; a table belongs to one of them. */
kt__folder_cache *kt__folder_cache_of(kt_folder *f, kt_reactor *r) {
  _Atomic(kt__folder_cache *) *slot = &f->slots[r->index % KT_FOLDER_SLOTS];
  kt__folder_cache *first = atomic_load_explicit(slot, memory_order_acquire);
  for (kt__folder_cache *c = first; c; c = c->next)
    if (c->reactor == r) return c;
  kt__folder_cache *c = kt_calloc(1, sizeof *c);
  if (!c) return NULL;
  c->reactor = r;
  c->next = first;
  while (!atomic_compare_exchange_weak_explicit(slot, &c->next, c, memory_order_release, memory_order_relaxed)) {
  }
  return c;
}

/* A directory counts as one, so that a deep tree fills no memory. */
static uint32_t descriptors_of(const kt__found *found) {
  uint32_t n = (found->at.fd >= 0) + (found->index.fd >= 0);
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++) n += found->coded[i].fd >= 0;
  return n ? n : 1;
}

/* ---- the order of use ---- */

static void leave_order(kt__folder_cache *c, kt__folder_entry *e) {
  *(e->newer ? &e->newer->older : &c->newest) = e->older;
  *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void enter_order(kt__folder_cache *c, kt__folder_entry *e) {
  e->newer = NULL;
  e->older = c->newest;
  *(c->newest ? &c->newest->newer : &c->oldest) = e;
  c->newest = e;
}

/* ---- the table ---- */

static void destroy(kt__folder_entry *e) {
  kt__found_close(&e->found);
  kt_free(e);
}

static kt__folder_entry **place_of(kt__folder_cache *c, kt_bytes path, uint32_t hash) {
  kt__folder_entry **at = &c->buckets[hash % KT_FOLDER_BUCKETS];
  while (*at && !((*at)->hash == hash && kt_bytes_equal(kt_bytes_make((*at)->path, (*at)->path_n), path)))
    at = &(*at)->next;
  return at;
}

static void take_out(kt__folder_cache *c, kt__folder_entry **place) {
  kt__folder_entry *e = *place;
  *place = e->next;
  leave_order(c, e);
  c->descriptors -= descriptors_of(&e->found);
  e->in_table = false;
  if (e->uses == 0) destroy(e);
}

static void take_out_oldest(kt__folder_cache *c) {
  kt__folder_entry *e = c->oldest;
  take_out(c, place_of(c, kt_bytes_make(e->path, e->path_n), e->hash));
}

void kt__folder_forget(kt__folder_cache *c) {
  while (c->oldest) take_out_oldest(c);
}

void kt__folder_let_go(kt__folder_entry *e) {
  if (--e->uses == 0 && !e->in_table) destroy(e);
}

static kt__folder_entry *use(kt__folder_cache *c, kt__folder_entry *e) {
  if (c->newest != e) {
    leave_order(c, e);
    enter_order(c, e);
  }
  e->uses++;
  return e;
}

kt__folder_entry *kt__folder_find(kt__folder_cache *c, kt_bytes path, uint64_t now_ms) {
  kt__folder_entry *e = *place_of(c, path, hash_of(path));
  return e && now_ms - e->checked_ms < KT_FOLDER_TRUST_MS ? use(c, e) : NULL;
}

static bool same_file(const kt__file *a, const kt__file *b) {
  const kt_files_entry *x = &a->entry, *y = &b->entry;
  return x->exists == y->exists && x->is_directory == y->is_directory && x->size == y->size &&
         x->mtime_ns == y->mtime_ns && x->inode == y->inode && a->device == b->device;
}

static bool same(const kt__found *a, const kt__found *b) {
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++)
    if (!same_file(&a->coded[i], &b->coded[i])) return false;
  return same_file(&a->at, &b->at) && same_file(&a->index, &b->index);
}

static kt__folder_entry *create(kt_bytes path, uint32_t hash, const kt__found *found, uint64_t now_ms) {
  kt__folder_entry *e = kt_malloc(sizeof *e + path.n);
  if (!e) return NULL;
  *e = (kt__folder_entry){.found = *found, .checked_ms = now_ms, .hash = hash, .path_n = path.n};
  if (path.n) memcpy(e->path, path.p, path.n);
  return e;
}

/* What is absent lives as long as the response to it. */
static void put(kt__folder_cache *c, uint32_t descriptors_max, kt__folder_entry *e) {
  if (!e->found.at.entry.exists) return;
  uint32_t more = descriptors_of(&e->found);
  while (c->oldest && c->descriptors + more > descriptors_max) take_out_oldest(c);
  kt__folder_entry **bucket = &c->buckets[e->hash % KT_FOLDER_BUCKETS];
  e->next = *bucket;
  *bucket = e;
  e->in_table = true;
  enter_order(c, e);
  c->descriptors += more;
}

kt__folder_entry *kt__folder_keep(kt__folder_cache *c, uint32_t descriptors_max, kt_bytes path, kt__found *found,
                                  uint64_t now_ms) {
  uint32_t hash = hash_of(path);
  kt__folder_entry **place = place_of(c, path, hash), *e = *place;
  if (e && same(&e->found, found)) {
    kt__found_close(found);
    e->checked_ms = now_ms;
    return use(c, e);
  }
  if (e) take_out(c, place);
  e = create(path, hash, found, now_ms);
  if (!e) {
    kt__found_close(found);
    return NULL;
  }
  e->uses = 1;
  put(c, descriptors_max, e);
  return e;
}
