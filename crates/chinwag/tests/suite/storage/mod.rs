//! The program on disks that are full, that fail, and that have changed what was written.

mod backup;
mod checkpoint_failure;
mod damage;
mod disk_full;
mod faults;
mod listening;
mod talk;
mod trial;
mod write_failure;
