/* page.h: bytes beside which nothing may be touched. */
#ifndef KT_TEST_PAGE_H
#define KT_TEST_PAGE_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* One page between two forbidden ones. */
static uint8_t *guarded_page(size_t *size) {
  *size = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *p = mmap(NULL, 3 * *size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED || mprotect(p + *size, *size, PROT_READ | PROT_WRITE) != 0) abort();
  return p + *size;
}

#endif
