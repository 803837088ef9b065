/* A manifest and the target of one of its edges, which it may lack: pushed before its target, while that is deleted, or
 * after it (T12). The target is a manifest here; a blob whose link comes, is hidden and is shown again arrives in the same way.
 * No clocks: a window may be over at any moment. */
#define TARGET 0
#define PARENT 1
#define ROWS 2
#include "locks.pml"

#define NONE 0
#define LIVE 1
#define DELETED 2
#define WAITING 1 /* an edge that has the digest alone */
#define JOINED 2  /* and one that has the row */

byte man[2];
byte edge;
bit taken; /* the advisory lock of the target's digest */
#ifdef T12_PUSHES_WITHOUT_EDGE_LOCK
#define TURN true
#else
#define TURN !taken
#endif

#define INV \
  assert(man[PARENT] != LIVE || man[TARGET] != LIVE || edge != WAITING /* nobody missed an arrival */); \
  assert(edge != JOINED || man[TARGET] != NONE /* an edge that has a row keeps it */)
#define ARRIVED if :: edge == WAITING -> edge = JOINED :: else fi
#define OVER held = 0; seen = 0; goto end

proctype Client() {
  bit held, seen;
end:
  do
  :: /* PUT of the parent: the target FOR KEY SHARE, where it is live; its edges, new or redirected */
     atomic { TURN -> taken = 1; if :: man[TARGET] != LIVE -> goto row :: else fi };
     atomic { SHARED(TARGET) -> if :: man[TARGET] == LIVE -> ks[TARGET]++; held = 1 :: else fi };
row:
     atomic { FREE(PARENT) -> x[PARENT] = FU };
     atomic {
       if :: man[PARENT] == LIVE :: else -> man[PARENT] = LIVE; if :: held -> edge = JOINED :: else -> edge = WAITING fi fi;
       x[PARENT] = 0; taken = 0; if :: held -> ks[TARGET]-- :: else fi; INV; OVER }

  :: /* PUT of the target */
     atomic { TURN -> taken = 1 };
     atomic { FREE(TARGET) -> x[TARGET] = FU; seen = (edge == WAITING) };
     atomic { man[TARGET] = LIVE; if :: seen -> ARRIVED :: else fi; x[TARGET] = 0; taken = 0; INV; OVER }

  :: /* DELETE of the target: 405 while a live parent names its digest */
     atomic { man[TARGET] == LIVE && ALONE(TARGET) -> x[TARGET] = FU };
     atomic { if :: man[PARENT] != LIVE -> man[TARGET] = DELETED :: else fi; x[TARGET] = 0; OVER }

  :: /* DELETE of the parent */
     atomic { man[PARENT] == LIVE && ALONE(PARENT) -> man[PARENT] = DELETED }

  :: /* restore of the target: an arrival too */
#ifdef T12_RESTORES_WITHOUT_EDGE_LOCK
     atomic { man[TARGET] == DELETED };
#else
     atomic { man[TARGET] == DELETED && TURN -> taken = 1 };
#endif
     atomic { ALONE(TARGET) -> x[TARGET] = FU; seen = (edge == WAITING) };
     atomic {
       if :: man[TARGET] == DELETED -> man[TARGET] = LIVE;
#ifndef T12_RESTORE_IS_NO_ARRIVAL
             if :: seen -> ARRIVED :: else fi
#endif
          :: else
       fi; x[TARGET] = 0;
#ifndef T12_RESTORES_WITHOUT_EDGE_LOCK
       taken = 0;
#endif
       INV; OVER }

  :: /* restore of the parent, with a deleted target that its edge has */
     atomic { man[PARENT] == DELETED && TURN -> taken = 1; seen = (edge == JOINED && man[TARGET] == DELETED) };
     atomic { !seen || ALONE(TARGET) -> if :: seen -> x[TARGET] = FU :: else fi };
     atomic { ALONE(PARENT) ->
       if :: man[PARENT] == DELETED -> man[PARENT] = LIVE; if :: seen -> man[TARGET] = LIVE :: else fi :: else fi;
       if :: seen -> x[TARGET] = 0 :: else fi; taken = 0; INV; OVER }
  od
}

proctype Collector() {
  bit named;
end:
  do
  :: /* expunge: kept by any edge to its digest, with the row or without */
     atomic { man[TARGET] == DELETED && ALONE(TARGET) -> x[TARGET] = FU };
     named = (edge != NONE);
     atomic { if :: !named -> man[TARGET] = NONE :: else fi; x[TARGET] = 0; named = 0; INV }
  :: atomic { man[PARENT] == DELETED && ALONE(PARENT) -> man[PARENT] = NONE; edge = NONE }
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
