#!/bin/bash
#SBATCH --job-name=spindle
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --requeue
# sbatch slurm.sh noise.toml /shared/noise      (--array=1-4%2 before slurm.sh: four parts, two at a time)
# Every task does its part of the sweep (SLURM_ARRAY_TASK_ID of SLURM_ARRAY_TASK_COUNT).
set -euo pipefail
RAYON_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}" spindle sweep "$1" --out "$2" --quiet
