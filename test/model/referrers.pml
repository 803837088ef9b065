/* A manifest and one that names it as its subject, statement by statement: T11, with T4 and T12 where they touch it.
 * No clocks: a delay or a window may be over at any moment. */
#define SUBJECT 0
#define REFERRER 1
#define ROWS 2
#include "locks.pml"

#define NONE 0
#define LIVE 1
#define DELETED 2
#define RESTORABLE(m) (man[m] == DELETED)

byte man[2];
bit seen;    /* of the referrer's row: its subject is, or was, in the repository */
bit pushing; /* the advisory lock of the subject's digest: push and restore of it, and of what names it */
#ifdef T12_PUSHES_WITHOUT_EDGE_LOCK
#define TURN true
#define PASS skip
#else
#define TURN !pushing
#define PASS pushing = 0
#endif

/* A referrer knows of a subject that is there: else it would be kept for ever once that is gone. */
#define INV assert(man[SUBJECT] == NONE || man[REFERRER] == NONE || seen)
#define OVER known = 0; held = 0; goto end

proctype Client() {
  bit known, held;
end:
  do
  :: /* PUT of the subject: the referrer's row, where it is live, FOR KEY SHARE; the row; what waited for it */
     atomic { TURN -> pushing = 1 };
#ifndef T11_LEAVES_REFERRER_UNLOCKED
     atomic { if :: man[REFERRER] == LIVE && SHARED(REFERRER) -> ks[REFERRER]++; held = 1 :: man[REFERRER] != LIVE fi };
#endif
     atomic { FREE(SUBJECT) -> x[SUBJECT] = FU; known = (man[REFERRER] != NONE && !seen) };
     atomic { if :: known && FREE(REFERRER) -> x[REFERRER] = NKU :: !known fi };
     atomic {
       man[SUBJECT] = LIVE; x[SUBJECT] = 0; if :: held -> ks[REFERRER]-- :: else fi;
       if :: known -> x[REFERRER] = 0; if :: man[REFERRER] != NONE -> seen = 1 :: else fi :: else fi;
       PASS; INV; OVER }

  :: /* PUT of the referrer: is its subject here, live or restorable? the row, new or brought back */
     atomic { TURN -> pushing = 1 };
     atomic { if :: man[SUBJECT] == LIVE && SHARED(SUBJECT) -> ks[SUBJECT]++; held = 1 :: man[SUBJECT] != LIVE fi };
     known = (man[SUBJECT] != NONE);
     atomic { FREE(REFERRER) ->
       if :: man[REFERRER] == NONE -> seen = known :: else fi;
       man[REFERRER] = LIVE; if :: held -> ks[SUBJECT]-- :: else fi; PASS; INV; OVER }

  :: /* DELETE */
     atomic { man[SUBJECT] == LIVE && ALONE(SUBJECT) -> man[SUBJECT] = DELETED }
  :: atomic { man[REFERRER] == LIVE && ALONE(REFERRER) -> man[REFERRER] = DELETED }

  :: /* restore */
#ifdef T3_RESTORES_WITHOUT_EDGE_LOCK
     atomic { RESTORABLE(SUBJECT) && ALONE(SUBJECT) -> man[SUBJECT] = LIVE; INV }
  :: atomic { RESTORABLE(REFERRER) && ALONE(REFERRER) -> man[REFERRER] = LIVE }
#else
     atomic { RESTORABLE(SUBJECT) && TURN && ALONE(SUBJECT) -> man[SUBJECT] = LIVE; INV }
  :: atomic { RESTORABLE(REFERRER) && TURN && ALONE(REFERRER) -> man[REFERRER] = LIVE }
#endif
  od
}

/* What keeps a referrer: a subject that is live or restorable, and one that was never here. */
#ifdef T11_ONLY_LIVE_COUNTS
#define KEPT (!seen || man[SUBJECT] == LIVE)
#else
#ifdef T11_NEVER_HERE_DOES_NOT_COUNT
#define KEPT (man[SUBJECT] != NONE)
#else
#define KEPT (!seen || man[SUBJECT] != NONE)
#endif
#endif

proctype Collector() {
  bit kept;
end:
  do
  :: /* an untagged referrer */
#ifdef T11_CHECKS_BEFORE_LOCK
     atomic { man[REFERRER] == LIVE -> kept = KEPT };
     atomic { if :: man[REFERRER] == LIVE && ALONE(REFERRER) -> x[REFERRER] = FU :: else -> kept = 0; goto end fi };
#else
     atomic { man[REFERRER] == LIVE && ALONE(REFERRER) -> x[REFERRER] = FU };
     kept = KEPT;
#endif
     atomic {
       if :: !kept -> assert(man[SUBJECT] == NONE /* a subject keeps it */); assert(seen /* so does one that never was here */);
             man[REFERRER] = DELETED
          :: else
       fi; x[REFERRER] = 0; kept = 0 }

  :: /* expunge */
     atomic { RESTORABLE(SUBJECT) && ALONE(SUBJECT) -> man[SUBJECT] = NONE }
  :: atomic { RESTORABLE(REFERRER) && ALONE(REFERRER) -> man[REFERRER] = NONE; seen = 0 }
  od
}

init {
  atomic {
    run Client(); run Client(); run Collector();
#ifdef MORE
    run Client(); run Collector()
#endif
  }
}
