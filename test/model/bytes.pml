/* The bytes of one digest, from the first one written to the last one deleted: uploads and their ends, the collector's last
 * steps, crashes, and workers that were given up for dead. ADR 2 and T3, T4.
 *
 * An atomic{} is one transaction or one call of the blob store: that transactions behave like this is what blobs.pml is for.
 * No clocks: a lease, a delay or a window may be over at any moment, and so may the time of an upload. */
#ifndef NG
#define NG 2 /* objects: uploads of this digest that begin */
#endif
#ifndef MAXCRASH
#define MAXCRASH 1
#endif
#define NO 9
#define UPLOADING 1 /* a row, committed before the first byte goes to the store */
#define LIVE 2
#define CONDEMNED 3
#define PURGING 4 /* the point of no return */
#define GONE 5
#ifdef KEY_IS_DIGEST
#define KEY(g) 0
#else
#define KEY(g) g
#endif

byte st[NG], ng, cur = NO, crash;
byte refs[NG], deleted[NG]; /* live and restorable manifests that name an object */
bit obj[NG];                /* the store has a file under the key */

/* What a manifest names, live or restorable, has its bytes; so has an object that is live. */
#define OK(g) ((refs[g] + deleted[g] == 0 || obj[KEY(g)]) && (st[g] != LIVE || obj[KEY(g)]))
#if NG == 3
#define ANY(c) (c(0) || c(1) || c(2))
#define INV assert(OK(0) && OK(1) && OK(2))
#else
#define ANY(c) (c(0) || c(1))
#define INV assert(OK(0) && OK(1))
#endif
#define REF(g) (refs[g] > 0)
#define DEL(g) (deleted[g] > 0)
#define PUR(g) (st[g] == PURGING)
#define OPEN(g) (st[g] == UPLOADING)
#ifdef SWEEP_WITHOUT_INTENT
#define STRAY(g) (obj[KEY(g)] && (st[g] == 0 || st[g] == GONE))
#else
#define STRAY(g) (obj[KEY(g)] && st[g] == GONE)
#endif
#ifdef T3_ONLY_LIVE_COUNTS
#define FREE(g) (refs[g] == 0)
#else
#define FREE(g) (refs[g] + deleted[g] == 0)
#endif
#define CRASH (crash < MAXCRASH) -> crash++
#ifdef DRAINED
#define SKIP else
#else
#define SKIP true /* any row that fits, not the first one */
#endif
inline pick(v, c) { v = NG; do :: v > 0 -> v--; if :: c -> break :: SKIP fi :: v == 0 -> v = NO; break od }

/* A client that pushes: HEAD, an upload where that said 404, the manifest, and from the start where that was refused. */
proctype Pusher() {
  byte k;
  bit done;
  do
  :: done -> break
  :: !done && cur == NO ->
     atomic {
       if :: ng < NG -> k = ng; ng++;
#ifndef SWEEP_WITHOUT_INTENT
             st[k] = UPLOADING
#endif
          :: else -> goto fin
       fi };
     obj[KEY(k)] = 1;
     if :: CRASH; goto fin :: true fi;
     atomic { /* the end of the upload */
       if
#ifdef SWEEP_WITHOUT_INTENT
       :: true ->
#else
       :: st[k] == UPLOADING ->
#endif
          if :: cur == NO -> cur = k; st[k] = LIVE :: else -> st[k] = PURGING; st[cur] = LIVE fi
#ifndef SWEEP_WITHOUT_INTENT
       :: else
#endif
       fi; k = 0; INV }; goto put
  :: !done && cur != NO ->
put:
#ifdef PUT_LEAVES_OBJECT_UNLOCKED
     atomic { k = cur };
     atomic { if :: k != NO -> refs[k]++; done = 1 :: else fi; k = 0; INV }
#else
     atomic {
       if :: cur != NO ->
#ifndef PUT_REVIVES_WITHOUT_WRITING
             st[cur] = LIVE;
#endif
             refs[cur]++; done = 1
          :: else
       fi; INV }
#endif
  od;
fin: skip
}

/* Deletes manifests and restores them, and expunges them when it likes. */
proctype Owner() {
  byte v;
end:
  do
  :: atomic { ANY(REF) -> pick(v, REF(v)); if :: v != NO -> refs[v]--; deleted[v]++ :: else fi; v = 0 }
  :: atomic { ANY(DEL) -> pick(v, DEL(v)); if :: v != NO -> deleted[v]--; refs[v]++ :: else fi; v = 0; INV }
  :: atomic { ANY(DEL) -> pick(v, DEL(v)); if :: v != NO -> deleted[v]-- :: else fi; v = 0 }
  :: break
  od
}

proctype Collector() {
  byte v;
end:
  do
#ifdef T4_CONDEMN_CHECKS_BEFORE_LOCK
  :: atomic { cur != NO && st[cur] == LIVE && FREE(cur) -> v = cur };
     atomic { if :: st[v] == LIVE -> st[v] = CONDEMNED :: else fi; v = 0 }
#else
  :: atomic { cur != NO && st[cur] == LIVE && FREE(cur) -> st[cur] = CONDEMNED }
#endif
#ifdef BYTES_BEFORE_ROW
  :: atomic { cur != NO && st[cur] == CONDEMNED && FREE(cur) -> v = cur };
     atomic { obj[KEY(v)] = 0; INV };
     atomic { if :: cur == v && FREE(v) -> st[v] = GONE; cur = NO :: else fi; v = 0 }
#else
#ifdef T4_CLAIM_CHECKS_BEFORE_LOCK
  :: atomic { cur != NO && st[cur] == CONDEMNED && FREE(cur) -> v = cur };
     atomic { if :: cur == v && st[v] == CONDEMNED -> st[v] = PURGING; cur = NO :: else -> v = NO fi }; goto purge
#else
#ifdef T4_CLAIM_WITHOUT_CHECK
  :: atomic { cur != NO && st[cur] == CONDEMNED -> v = cur; st[v] = PURGING; cur = NO }; goto purge
#else
  :: atomic { cur != NO && st[cur] == CONDEMNED && FREE(cur) -> v = cur; st[v] = PURGING; cur = NO }; goto purge
#endif
#endif
  :: atomic { ANY(PUR) -> pick(v, PUR(v)) }; goto purge /* again, or by a second worker */
#ifndef SWEEP_WITHOUT_INTENT
  :: atomic { ANY(OPEN) -> pick(v, OPEN(v)); if :: v != NO -> st[v] = PURGING :: else fi; v = 0 } /* cancelled, or silent */
#endif
#ifndef WITHOUT_LISTING
  :: atomic { ANY(STRAY) -> pick(v, STRAY(v)) }; goto purge /* found in the listing of the store */
#endif
#endif
  :: false ->
purge:
     if :: v == NO -> goto again :: else fi;
#ifdef ROW_BEFORE_BYTES
     atomic { if :: st[v] == PURGING -> st[v] = GONE :: else fi };
#endif
     if :: CRASH; goto again :: true fi;
     atomic { obj[KEY(v)] = 0; INV };
     if :: CRASH; goto again :: true fi;
     atomic { if :: st[v] == PURGING -> st[v] = GONE :: else fi };
again:
     v = 0
  od
}

init {
  atomic {
    run Pusher(); run Pusher(); run Owner(); run Collector();
#ifndef DRAINED
    run Collector()
#endif
  }
}

#ifdef DRAINED
/* When clients have stopped, whatever nothing names is deleted in the end. */
#define DIRTY(g) (obj[KEY(g)] && refs[g] + deleted[g] == 0)
ltl drained { <>[] !ANY(DIRTY) }
active proctype Idle() { bit b; do :: b = !b od } /* no run ends, for weak fairness looks only at those that do not */
#endif
