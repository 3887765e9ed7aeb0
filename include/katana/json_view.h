/* json_view.h: JSON into records that point into the body (zero-copy).
 *
 * A struct of the contract becomes a record in the caller's memory: a slot of two words for each member. Numbers lie in
 * their slot, strings are a pointer into the body and a size, objects and arrays point to records and slots. All rules
 * are checked on the way, so that who reads a record later checks nothing.
 *
 * Workload: bodies of 1 KB to some 100 KB, mostly short strings and numbers that are what the contract says. Those are
 * read here; everything else (escapes, patterns, formats, what is wrong) is a call to `kt_json_reading.other`, which
 * knows all rules. So this knows no violation, and there is one place for each rule.
 *
 * Invariant: a slot is zero, or KT_JSON_SLOT_THERE is set in `b`. */
#ifndef KATANA_JSON_VIEW_H
#define KATANA_JSON_VIEW_H

#include "katana/json.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KT_JSON_SLOT_THERE ((uint64_t)1 << 63) /* there is a value; without it the member is absent or null */
#define KT_JSON_SLOT_ASCII ((uint64_t)1 << 62) /* a string whose bytes are all below 0x80 */
#define KT_JSON_SLOT_COUNT (KT_JSON_SLOT_ASCII - 1)

/* `a` begins with the value, or is where it lies; the low bits of `b` count bytes or elements. */
typedef struct kt_json_slot {
  uint64_t a, b;
} kt_json_slot;

typedef enum kt_json_view_kind {
  KT_JSON_VIEW_OTHER = 0,
  KT_JSON_VIEW_INT64,
  KT_JSON_VIEW_INT32,
  KT_JSON_VIEW_DOUBLE,
  KT_JSON_VIEW_BOOLEAN,
  KT_JSON_VIEW_TEXT,   /* bytes without quotes and escapes, UTF-8 */
  KT_JSON_VIEW_OBJECT, /* a record's slots, behind one that holds the object's JSON */
  KT_JSON_VIEW_ARRAY,  /* slots */
} kt_json_view_kind;

struct kt_json_record;

/* What a value may be. Made once, never changed but for `record`. */
typedef struct kt_json_view {
  uint8_t kind;                           /* kt_json_view_kind */
  bool null;                              /* null may stand in its place */
  int64_t low, high;                      /* bounds of a number, lengths of a text in code points, items of an array */
  const struct kt_json_view *_Nullable item; /* of an array */
  /* Of an object: looked up when the first one is read, because types contain each other. */
  const struct kt_json_record *_Nullable record;
  const void *_Nullable shape; /* the caller's, for `other` and `find` */
} kt_json_view;

/* A member's value, with its name as kt_json_name has it: what is looked at for each member lies together. */
typedef struct kt_json_member_view {
  kt_json_view value;
  const uint8_t *_Nonnull text;
  uint32_t text_n;
} kt_json_member_view;

#define KT_JSON_RECORD_MEMBERS_MAX 64 /* bits of a word */

typedef struct kt_json_record {
  const kt_json_names *_Nonnull names;
  const kt_json_member_view *_Nonnull members;
  const kt_json_slot *_Nonnull blank; /* slots of absent members: zero, or a default */
  uint32_t count;
  bool closed;                 /* members that are not declared are refused, else skipped */
  bool checked;                /* `check` is asked before an object is read */
  uint64_t required;           /* a bit for each member */
  const void *_Nullable shape; /* the caller's */
} kt_json_record;

/* Memory for records, all of which goes at once. Blocks double; the first is as large as a body of `hint` bytes seems
 * to need. */
typedef struct kt_json_memory {
  uint8_t *_Nullable at;
  uint8_t *_Nullable end;
  size_t next; /* bytes of the next block */
  /* Gives a block, aligned for 16 bytes; NULL when memory is short. The caller frees it. */
  void *_Nullable (*_Nonnull block)(void *_Nullable owner, size_t n);
  void *_Nullable owner;
} kt_json_memory;

/* One reading. The calls may move the cursor and fail it; a call that finds a violation keeps it to itself. */
typedef struct kt_json_reading {
  kt_json *_Nonnull cursor;
  kt_json_memory memory;
  bool short_of_memory; /* the cursor has failed as well */
  /* Reads the value that is next, whatever it is, as `view` says; a slot that it leaves alone is zero. */
  void (*_Nonnull other)(struct kt_json_reading *_Nonnull, const kt_json_view *_Nonnull, kt_json_slot *_Nonnull);
  /* The value that is next is no object or no array. */
  void (*_Nonnull refuse)(struct kt_json_reading *_Nonnull, kt_json_type expected);
  void (*_Nonnull check)(struct kt_json_reading *_Nonnull, const kt_json_record *_Nonnull);
  /* A member is next that was seen before, or that a closed object does not know. */
  void (*_Nonnull twice)(struct kt_json_reading *_Nonnull);
  void (*_Nonnull unknown)(struct kt_json_reading *_Nonnull);
  /* The object at `offset` has not all required members. */
  void (*_Nonnull missing)(struct kt_json_reading *_Nonnull, const kt_json_record *_Nonnull, uint64_t missing,
                           size_t offset);
  /* The array at `offset` has fewer elements than view->low or more than view->high. */
  void (*_Nonnull counted)(struct kt_json_reading *_Nonnull, const kt_json_view *_Nonnull, size_t count, size_t offset);
  const kt_json_record *_Nonnull (*_Nonnull find)(const kt_json_view *_Nonnull);
} kt_json_reading;

/* Memory without a block. */
kt_json_memory kt_json_memory_of(size_t hint, void *_Nullable (*_Nonnull block)(void *_Nullable owner, size_t n),
                                 void *_Nullable owner);
/* Bytes aligned for 16; NULL, with the cursor failed, when memory is short. */
void *_Nullable kt_json_reading_alloc(kt_json_reading *_Nonnull r, size_t n);

/* Reads the value that is next to `slot`, which is zero. Whether what was read may be used is known at the end, when
 * the cursor has not failed and the calls have found nothing. Recursion ends at KT_JSON_DEPTH_MAX. */
void kt_json_view_read(kt_json_reading *_Nonnull r, const kt_json_view *_Nonnull view, kt_json_slot *_Nonnull slot);

/* Memory of blocks that are the memory's own, for who has no arena; free them in the end. */
void *_Nullable kt_json_blocks_take(void *_Nullable blocks, size_t n);
void kt_json_blocks_free(void *_Nullable *_Nonnull blocks);

#ifdef __cplusplus
}
#endif

#endif
