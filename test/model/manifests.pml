/* Two indexes, the manifest that both name, and a tag of that manifest, statement by statement: T1, T3, T4 and T5.
 * Blobs are in blobs.pml, subjects and referrers in referrers.pml. No clocks: a delay or a window may be over at any moment. */
#define CHILD 0 /* the indexes are rows 1 and 2 */
#define ROWS 3
#include "locks.pml"

#define NONE 0
#define LIVE 1
#define DELETED 2   /* by a request */
#define COLLECTED 3 /* deleted by the collector */
#define RESTORABLE(m) (man[m] == DELETED || man[m] == COLLECTED)

byte man[3];
bit tag;
bit pushing[3]; /* the advisory lock of an index's digest */
bit gap[4];     /* by client: the child was gone, or deleted by a request, at some moment since its request began */

#define INV(i) \
  assert(man[i] != LIVE || man[CHILD] == LIVE /* a live index names a live manifest */); \
  assert(man[i] == NONE || man[CHILD] != NONE /* what an index names, live or restorable, is not gone for good */); \
  assert(!tag || man[CHILD] == LIVE /* a tag names a live manifest */)
#define LOST gap[1] = 1; gap[2] = 1; gap[3] = 1
#define OVER i = 0; alone = 0; seen = 0; gap[me] = 0; goto end
#define REFUSED assert(gap[me] /* a push is not refused for a child that was there all along */); pushing[i] = 0; OVER

proctype Client(byte me) {
  byte i;
  bit alone, seen;
end:
  do
  :: /* PUT of an index; the advisory lock of its digest first, so that two pushes of it take turns */
     atomic { if :: !pushing[1] -> i = 1 :: !pushing[2] -> i = 2 fi; pushing[i] = 1 };
     atomic { gap[me] = (man[CHILD] == NONE || man[CHILD] == DELETED); if :: man[CHILD] != LIVE -> goto missed :: else fi };
#ifdef T1_LEAVES_CHILD_UNLOCKED
     goto own;
#else
#ifdef T1_FOREIGN_KEY_ONLY
     atomic { SHARED(CHILD) -> if :: man[CHILD] != NONE -> ks[CHILD]++; goto own :: else fi };
#else
     atomic { SHARED(CHILD) -> if :: man[CHILD] == LIVE -> ks[CHILD]++; goto own :: else fi };
#endif
#endif
missed: /* the collector took it, perhaps: it comes back */
#ifdef T5_LOOKS_FOR_COLLECTED
     atomic { if :: man[CHILD] == COLLECTED :: else -> REFUSED fi };
#else
     atomic { if :: man[CHILD] == COLLECTED || man[CHILD] == LIVE :: else -> REFUSED fi };
#endif
#ifdef T5_REVIVES_WITHOUT_LOCK
     alone = 1;
#else
     atomic { FREE(CHILD) ->
       if :: man[CHILD] == COLLECTED || man[CHILD] == LIVE -> x[CHILD] = NKU; alone = 1 :: else -> REFUSED fi };
#endif
own: /* its own row: new, or deleted and brought back; then the child's clock, where it runs: a second lock of its row */
     atomic { FREE(i) -> x[i] = NKU; if :: !alone -> seen = 1 :: seen = 0 fi };
     atomic { !seen || FREE(CHILD) -> if :: seen -> x[CHILD] = NKU :: else fi };
     atomic {
       man[i] = LIVE; x[i] = 0;
       if :: alone -> man[CHILD] = LIVE
#ifdef T1_LEAVES_CHILD_UNLOCKED
          :: else
#else
          :: else -> ks[CHILD]--
#endif
       fi;
       if :: alone || seen -> x[CHILD] = 0 :: else fi; pushing[i] = 0; INV(i); OVER }

  :: /* PUT of the child, with a tag or without: new, or deleted and brought back */
     atomic { FREE(CHILD) -> x[CHILD] = NKU; if :: man[CHILD] == NONE -> x[CHILD] = FU :: else fi };
#ifdef T1_LEAVES_TAGGED_UNLOCKED
     atomic { man[CHILD] = LIVE; x[CHILD] = 0 };
     atomic { tag = 1; INV(1) }
#else
     atomic { if :: tag = 1 :: skip fi; man[CHILD] = LIVE; x[CHILD] = 0; INV(1) }
#endif

  :: /* DELETE of the tag */
     atomic { tag -> tag = 0 }

  :: /* DELETE of the child: 405 while a live index names it */
#ifdef T1_DELETE_CHECKS_BEFORE_LOCK
     atomic { man[CHILD] == LIVE -> seen = (man[1] == LIVE || man[2] == LIVE) };
     atomic { ALONE(CHILD) -> if :: man[CHILD] == LIVE -> x[CHILD] = FU :: else -> OVER fi };
#else
     atomic { man[CHILD] == LIVE && ALONE(CHILD) -> x[CHILD] = FU };
     seen = (man[1] == LIVE || man[2] == LIVE);
#endif
     atomic { x[CHILD] = 0; if :: !seen -> man[CHILD] = DELETED; tag = 0; LOST :: else fi; INV(1); INV(2); OVER }

  :: /* DELETE of an index */
     atomic { if :: man[1] == LIVE && ALONE(1) -> man[1] = DELETED :: man[2] == LIVE && ALONE(2) -> man[2] = DELETED fi }

  :: /* restore of the child */
     atomic { RESTORABLE(CHILD) && ALONE(CHILD) -> man[CHILD] = LIVE }

  :: /* restore of an index, with what it names: deleted rows as whoever expunges them, a live child as a push; sorted */
     atomic { if :: RESTORABLE(1) && !pushing[1] -> i = 1 :: RESTORABLE(2) && !pushing[2] -> i = 2 fi; pushing[i] = 1 };
     atomic { alone = (man[CHILD] != LIVE); if :: !alone -> goto index :: else fi };
#ifndef T3_LEAVES_CHILD_UNLOCKED
     atomic { ALONE(CHILD) -> if :: RESTORABLE(CHILD) -> x[CHILD] = FU :: else -> pushing[i] = 0; OVER fi };
#endif
index:
     atomic { ALONE(i) ->
       if :: RESTORABLE(i) -> x[i] = FU
          :: else -> pushing[i] = 0;
#ifndef T3_LEAVES_CHILD_UNLOCKED
             if :: alone -> x[CHILD] = 0 :: else fi;
#endif
             OVER
       fi };
#ifndef T3_LEAVES_CHILD_UNLOCKED
     if :: alone -> goto write :: else fi;
     atomic { SHARED(CHILD) ->
       if :: man[CHILD] == LIVE -> ks[CHILD]++; if :: seen = 1 :: seen = 0 fi :: else -> x[i] = 0; pushing[i] = 0; OVER fi };
     atomic { !seen || FREE(CHILD) -> if :: seen -> x[CHILD] = NKU :: else fi };
write:
#endif
     atomic {
       man[i] = LIVE; x[i] = 0; pushing[i] = 0;
#ifndef T3_RESTORES_INDEX_ALONE
       if :: alone -> man[CHILD] = LIVE :: else fi;
#endif
#ifndef T3_LEAVES_CHILD_UNLOCKED
       if :: alone || seen -> x[CHILD] = 0 :: else fi;
       if :: !alone -> ks[CHILD]-- :: else fi;
#endif
       INV(i); OVER }
  od
}

proctype Collector() {
  bit seen;
end:
  do
  :: /* what nothing names: a tag, an index that is live or restorable */
#ifdef T4_COLLECT_CHECKS_BEFORE_LOCK
     atomic { man[CHILD] == LIVE -> seen = (tag || man[1] != NONE || man[2] != NONE) };
     atomic { if :: man[CHILD] == LIVE && ALONE(CHILD) -> x[CHILD] = FU :: else -> seen = 0; goto end fi };
#else
     atomic { man[CHILD] == LIVE && ALONE(CHILD) -> x[CHILD] = FU };
     seen = (tag || man[1] != NONE || man[2] != NONE);
#endif
     atomic { x[CHILD] = 0; if :: !seen -> man[CHILD] = COLLECTED :: else fi; INV(1); INV(2); seen = 0 }
  :: atomic { if :: man[1] == LIVE && ALONE(1) -> man[1] = COLLECTED :: man[2] == LIVE && ALONE(2) -> man[2] = COLLECTED fi }

  :: /* expunge */
#ifdef T4_EXPUNGE_CHECKS_BEFORE_LOCK
     atomic { RESTORABLE(CHILD) -> seen = (man[1] != NONE || man[2] != NONE) };
     atomic { if :: RESTORABLE(CHILD) && ALONE(CHILD) -> x[CHILD] = FU :: else -> seen = 0; goto end fi };
#else
     atomic { RESTORABLE(CHILD) && ALONE(CHILD) -> x[CHILD] = FU };
#ifdef T4_ONLY_LIVE_COUNTS
     seen = (man[1] == LIVE || man[2] == LIVE);
#else
     seen = (man[1] != NONE || man[2] != NONE);
#endif
#endif
     atomic { x[CHILD] = 0; if :: !seen -> man[CHILD] = NONE; LOST :: else fi; INV(1); INV(2); seen = 0 }
  :: atomic { if :: RESTORABLE(1) && ALONE(1) -> man[1] = NONE :: RESTORABLE(2) && ALONE(2) -> man[2] = NONE fi }
  od
}

init {
  atomic {
    run Client(1); run Client(2); run Collector();
#ifdef MORE
    run Client(3); run Collector()
#endif
  }
}
