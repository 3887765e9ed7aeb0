/* step.h: the bytes that go into a machine of this room and the room for what comes out. Both move on as they are used:
 * afterwards `in` names the rest of the input and `out` the rest of the room. */
#ifndef KT_CODING_STEP_H
#define KT_CODING_STEP_H

#include <stddef.h>
#include <stdint.h>

typedef struct kt_coding_step {
  const uint8_t *in;
  size_t in_n;
  uint8_t *out;
  size_t out_n;
} kt_coding_step;

#endif
