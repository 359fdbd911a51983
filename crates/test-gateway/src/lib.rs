//! The gateway's tests over real sockets, in `tests/`. They are a package of their own because they take longer to compile
//! than all the rest, and need no optimising.
