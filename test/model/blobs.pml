/* The rows of one blob, statement by statement: objects, the links of two repositories, and a manifest in each that names
 * it. T3 to T7, T13 and T16 are about these. What happens to the bytes is in bytes.pml.
 *
 * No clocks: a lease, a delay or a window may be over at any moment, so what holds here needs none of them. */
#ifndef NG
#define NG 2 /* objects that the digest may have, one after another */
#endif
#define O(g) (g)
#define L(r) (NG + (r))
#define M(r) (NG + 2 + (r))
#define KEY (NG + 4) /* the digest, in the unique index of current objects */
#define ROWS (NG + 5)
#include "locks.pml"

#define NONE 0 /* of every row: not there */
#define LIVE 1
#define CONDEMNED 2
#define PURGING 3
#define VISIBLE 1
#define HIDDEN 2
#define DELETED 2 /* of a manifest: restorable */
#define NO 9      /* no object */

byte st[NG], cur = NO, ng; /* objects; the one that serves the digest; how many there were */
byte link[2], lo[2];       /* what a link is, and its object */
byte man[2], mo[2];        /* what a manifest is, and the object that its edge names */
bit gap[4];                /* by client: its repository did not show the blob at some moment since its request began */

/* A manifest that is live or restorable has bytes and link, and what a live one names is shown. A link has bytes. */
#define WHOLE(r) (man[r] == NONE || (st[mo[r]] == LIVE && link[r] != NONE && lo[r] == mo[r] && (man[r] == DELETED || link[r] == VISIBLE)))
#define SERVED(r) (link[r] == NONE || st[lo[r]] == LIVE || st[lo[r]] == CONDEMNED)
#define INV assert(WHOLE(0)); assert(WHOLE(1)); assert(SERVED(0)); assert(SERVED(1))

#ifdef T3_ONLY_LIVE_COUNTS
#define NAMES(r, g) (man[r] == LIVE && mo[r] == g)
#else
#define NAMES(r, g) (man[r] != NONE && mo[r] == g)
#endif
#ifdef T6_ONLY_LIVE_COUNTS
#define NEEDED(r) (man[r] == LIVE)
#else
#define NEEDED(r) (man[r] != NONE)
#endif
#define NAMED(g) (NAMES(0, g) || NAMES(1, g))
#define UNSEEN gap[1] = 1; gap[2] = 1; gap[3] = 1
#define LETGO if :: alone -> x[O(g)] = 0 :: else -> ks[O(g)]-- fi
#define OVER g = NO; r = 0; alone = 0; seen = 0; gap[me] = 0; goto end

proctype Client(byte me) {
  byte r, seen, g = NO;
  bit alone;
end:
  do
  :: /* the end of an upload */
     atomic { if :: r = 0 :: r = 1 fi; g = cur; if :: g == NO -> goto fresh :: else fi };
     atomic { FREE(O(g)) -> if :: st[g] != PURGING -> x[O(g)] = NKU; goto linked :: else -> g = NO fi };
fresh:
     atomic { FREE(KEY) -> if :: cur == NO && ng < NG -> x[KEY] = FU :: else -> OVER fi };
linked:
     atomic { FREE(L(r)) ->
       if :: g == NO -> g = ng; ng++; cur = g; x[KEY] = 0 :: else -> x[O(g)] = 0 fi;
       st[g] = LIVE; link[r] = VISIBLE; lo[r] = g; INV; OVER }

  :: /* PUT of a manifest */
     atomic { if :: r = 0 :: r = 1 fi; gap[me] = (link[r] != VISIBLE);
       if :: link[r] == VISIBLE && st[lo[r]] == LIVE -> g = lo[r] :: else -> goto missed fi };
#ifdef PUT_LEAVES_OBJECT_UNLOCKED
     goto share;
#else
     atomic { SHARED(O(g)) -> if :: st[g] == LIVE -> ks[O(g)]++; goto share :: else -> g = NO fi };
#endif
missed: /* condemned, perhaps: taken in a way that a collector and who revives it wait for */
#ifdef PUT_LOOKS_FOR_CONDEMNED
     atomic { if :: link[r] == VISIBLE && st[lo[r]] == CONDEMNED -> g = lo[r] :: else -> assert(gap[me]); OVER fi };
     atomic { FREE(O(g)) -> if :: st[g] == CONDEMNED -> x[O(g)] = NKU; alone = 1 :: else -> assert(gap[me]); OVER fi };
#else
     atomic { if :: link[r] == VISIBLE -> g = lo[r] :: else -> assert(gap[me]); OVER fi };
     atomic { FREE(O(g)) -> if :: st[g] != PURGING -> x[O(g)] = NKU; alone = 1 :: else -> assert(gap[me]); OVER fi };
#endif
share:
     atomic { SHARED(L(r)) ->
#ifdef T7_PUT_TAKES_HIDDEN
       if :: link[r] != NONE && lo[r] == g -> ks[L(r)]++
#else
       if :: link[r] == VISIBLE && lo[r] == g ->
#ifndef T6_PUT_LEAVES_LINK_UNLOCKED
          ks[L(r)]++
#endif
#endif
          :: else -> assert(gap[me]); LETGO; OVER
       fi };
     atomic { FREE(M(r)) ->
       man[r] = LIVE; mo[r] = g;
#ifndef PUT_REVIVES_WITHOUT_WRITING
       if :: alone -> st[g] = LIVE :: else fi;
#endif
#ifndef T6_PUT_LEAVES_LINK_UNLOCKED
       ks[L(r)]--;
#endif
#ifndef PUT_LEAVES_OBJECT_UNLOCKED
       LETGO;
#endif
       INV; OVER }

  :: /* DELETE of a manifest */
     atomic { if :: man[0] == LIVE && FREE(M(0)) :: man[1] == LIVE && FREE(M(1)) -> r = 1 fi; man[r] = DELETED; OVER }

  :: /* restore of a manifest: objects, links, manifests, as everywhere; what is not as it was found starts over */
     atomic { if :: man[0] == DELETED :: man[1] == DELETED -> r = 1 fi; g = mo[r] };
     atomic { SHARED(O(g)) -> if :: st[g] == LIVE -> ks[O(g)]++ :: else -> OVER fi };
#ifdef T3_LOCKS_WHAT_IT_SAW_HIDDEN
     seen = link[r];
     if :: seen != HIDDEN -> goto row :: else fi;
#endif
     atomic { FREE(L(r)) -> if :: link[r] != NONE -> x[L(r)] = NKU; seen = HIDDEN :: else -> LETGO; OVER fi };
#ifdef T3_LOCKS_WHAT_IT_SAW_HIDDEN
row:
#endif
     atomic { ALONE(M(r)) ->
       if :: man[r] == DELETED -> man[r] = LIVE; if :: seen == HIDDEN -> link[r] = VISIBLE :: else fi :: else fi;
       if :: seen == HIDDEN -> x[L(r)] = 0 :: else fi; LETGO; INV; OVER }

  :: /* DELETE of a blob */
#ifdef T7_CHECKS_BEFORE_LOCK
     atomic { if :: link[0] == VISIBLE :: link[1] == VISIBLE -> r = 1 fi; seen = man[r] };
     atomic { ALONE(L(r)) -> if :: link[r] == VISIBLE -> x[L(r)] = FU :: else -> OVER fi };
#else
     atomic { if :: link[0] == VISIBLE && ALONE(L(0)) :: link[1] == VISIBLE && ALONE(L(1)) -> r = 1 fi; x[L(r)] = FU };
     seen = man[r];
#endif
     atomic {
       if :: seen == LIVE
          :: seen == DELETED -> link[r] = HIDDEN
          :: seen == NONE -> link[r] = NONE; lo[r] = 0
       fi; x[L(r)] = 0; if :: seen != LIVE -> UNSEEN :: else fi; INV; OVER }

  :: /* mount from the other repository */
     atomic { if :: link[1] == VISIBLE :: link[0] == VISIBLE -> r = 1 fi; g = lo[1 - r] };
#ifdef T16_LEAVES_SOURCE_UNLOCKED
     atomic { FREE(L(r)) -> link[r] = VISIBLE; lo[r] = g; INV; OVER };
#else
     atomic { SHARED(O(g)) -> if :: st[g] == LIVE -> ks[O(g)]++; goto source :: else fi };
     atomic { FREE(O(g)) -> if :: st[g] != PURGING -> x[O(g)] = NKU; alone = 1 :: else -> OVER fi };
source:
     atomic { SHARED(L(1 - r)) ->
       if :: link[1 - r] == VISIBLE && lo[1 - r] == g -> ks[L(1 - r)]++ :: else -> LETGO; OVER fi };
     atomic { FREE(L(r)) ->
       link[r] = VISIBLE; lo[r] = g; if :: alone -> st[g] = LIVE :: else fi;
       ks[L(1 - r)]--; LETGO; INV; OVER };
#endif

  :: /* HEAD that renews a lease */
     atomic { if :: link[0] == VISIBLE :: link[1] == VISIBLE -> r = 1 fi; g = lo[r] };
#ifdef LOCKS_LINK_BEFORE_OBJECT
     atomic { FREE(L(r)) -> x[L(r)] = NKU };
     atomic { FREE(O(g)) -> x[L(r)] = 0; if :: st[g] != PURGING -> st[g] = LIVE :: else fi; INV; OVER }
#else
     atomic { FREE(O(g)) -> if :: st[g] != PURGING -> x[O(g)] = NKU :: else -> OVER fi };
     atomic { FREE(L(r)) -> st[g] = LIVE; x[O(g)] = 0; INV; OVER }
#endif
  od
}

proctype Collector() {
  byte r, g = NO;
  bit seen;
end:
  do
  :: /* expunge of a manifest */
     atomic { if :: man[0] == DELETED && FREE(L(0)) :: man[1] == DELETED && FREE(L(1)) -> r = 1 fi; x[L(r)] = NKU };
     atomic { x[L(r)] = 0; if :: man[r] == DELETED && ALONE(M(r)) -> man[r] = NONE; mo[r] = 0 :: else fi; r = 0 }

  :: /* removal of a link */
#ifdef T6_CHECKS_BEFORE_LOCK
     atomic { if :: link[0] != NONE :: link[1] != NONE -> r = 1 fi; seen = NEEDED(r) };
     atomic { if :: link[r] != NONE && ALONE(L(r)) -> x[L(r)] = FU :: else -> r = 0; seen = 0; goto end fi };
#else
     atomic { if :: link[0] != NONE && ALONE(L(0)) :: link[1] != NONE && ALONE(L(1)) -> r = 1 fi; x[L(r)] = FU };
     seen = NEEDED(r);
#endif
     atomic { x[L(r)] = 0; if :: !seen -> link[r] = NONE; lo[r] = 0; UNSEEN :: else fi; INV; r = 0; seen = 0 }

  :: /* condemn */
#ifdef T4_CONDEMN_CHECKS_BEFORE_LOCK
     atomic { cur != NO && st[cur] == LIVE -> g = cur; seen = NAMED(g) };
     atomic { if :: st[g] == LIVE && ALONE(O(g)) -> x[O(g)] = FU :: else -> g = NO; seen = 0; goto end fi };
#else
     atomic { cur != NO && st[cur] == LIVE && ALONE(O(cur)) -> g = cur; x[O(g)] = FU };
     seen = NAMED(g);
#endif
     atomic { x[O(g)] = 0; if :: !seen -> st[g] = CONDEMNED :: else fi; INV; g = NO; seen = 0 }

  :: /* claim */
     atomic { cur != NO && st[cur] == CONDEMNED && ALONE(O(cur)) -> g = cur; x[O(g)] = FU };
#ifndef T4_CLAIM_WITHOUT_CHECK
     atomic { if :: NAMED(g) -> x[O(g)] = 0; g = NO; goto end /* unreached: condemn looked too */ :: else fi };
#endif
     atomic { if :: link[0] == NONE :: link[0] != NONE && ALONE(L(0)) -> x[L(0)] = FU fi };
     atomic { if :: link[1] == NONE :: link[1] != NONE && ALONE(L(1)) -> x[L(1)] = FU fi;
       if :: link[0] != NONE -> x[L(0)] = 0; link[0] = NONE; lo[0] = 0 :: else fi;
       if :: link[1] != NONE -> x[L(1)] = 0; link[1] = NONE; lo[1] = 0 :: else fi;
       st[g] = PURGING; cur = NO; x[O(g)] = 0; UNSEEN; INV; g = NO }
  od
}

init {
  atomic {
    run Client(1); run Client(2); run Collector();
#ifdef MORE
    run Client(3)
#endif
  }
}
