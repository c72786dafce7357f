// A CUDA driver without a card: memory is the host's, launches do nothing, and the modules that are
// loaded are kept for ptxas in the folder $KEEP_MODULES. It shows whether all kernels of a run compile,
// and nothing else. cc -shared -fPIC -O1 -o libcuda.so.1 driver.c
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Result;
typedef uint64_t Address;
typedef void *Handle;

enum { SUCCESS = 0, OUT_OF_MEMORY = 2 };

static int modules;

// The device: one card of compute capability 8.0 with 8 GiB, for a driver of CUDA 13.0.

Result cuInit(unsigned flags) { return SUCCESS; }
Result cuDriverGetVersion(int *version) { *version = 13000; return SUCCESS; }
Result cuDeviceGetCount(int *count) { *count = 1; return SUCCESS; }
Result cuDeviceGet(int *device, int index) { *device = index; return SUCCESS; }
Result cuDeviceGetName(char *name, int size, int device) { snprintf(name, size, "No card"); return SUCCESS; }
Result cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 8ull << 30; return SUCCESS; }
Result cuDeviceGetUuid(char *uuid, int device) { memset(uuid, 7, 16); return SUCCESS; }
Result cuDeviceGetUuid_v2(char *uuid, int device) { memset(uuid, 7, 16); return SUCCESS; }
Result cuDeviceGetPCIBusId(char *id, int size, int device) { snprintf(id, size, "0000:01:00.0"); return SUCCESS; }
Result cuDeviceGetLuid(char *luid, unsigned *mask, int device) { memset(luid, 0, 8); *mask = 0; return SUCCESS; }

// CUdevice_attribute, as far as they are asked for.
Result cuDeviceGetAttribute(int *value, int attribute, int device) {
  switch (attribute) {
  case 1: case 2: case 3: *value = 1024; break;     // threads per block, and in x and y
  case 4: *value = 64; break;                       // in z
  case 5: *value = 2147483647; break;               // blocks in x
  case 6: case 7: *value = 65535; break;            // in y and z
  case 8: *value = 49152; break;                    // shared memory per block, bytes
  case 10: *value = 32; break;                      // warp
  case 12: *value = 65536; break;                   // registers per block
  case 16: *value = 108; break;                     // multiprocessors
  case 75: *value = 8; break;                       // compute capability
  case 76: *value = 0; break;
  case 97: *value = 101376; break;                  // shared memory per block that can be asked for
  case 115: *value = 1; break;                      // memory pools
  default: *value = 0;
  }
  return SUCCESS;
}

Result cuDevicePrimaryCtxRetain(Handle *context, int device) { *context = (Handle)16; return SUCCESS; }
Result cuDevicePrimaryCtxRelease_v2(int device) { return SUCCESS; }
Result cuCtxSetCurrent(Handle context) { return SUCCESS; }
Result cuCtxGetCurrent(Handle *context) { *context = (Handle)16; return SUCCESS; }
Result cuCtxGetDevice(int *device) { *device = 0; return SUCCESS; }
Result cuCtxSynchronize(void) { return SUCCESS; }
Result cuCtxGetStreamPriorityRange(int *least, int *greatest) { *least = 0; *greatest = -5; return SUCCESS; }
Result cuCtxSetLimit(int limit, size_t value) { return SUCCESS; }

// Streams and events: all that was asked for is done.

Result cuStreamCreate(Handle *stream, unsigned flags) { *stream = (Handle)32; return SUCCESS; }
Result cuStreamCreateWithPriority(Handle *stream, unsigned flags, int priority) { *stream = (Handle)32; return SUCCESS; }
Result cuStreamDestroy_v2(Handle stream) { return SUCCESS; }
Result cuStreamSynchronize(Handle stream) { return SUCCESS; }
Result cuStreamWaitEvent(Handle stream, Handle event, unsigned flags) { return SUCCESS; }
Result cuStreamQuery(Handle stream) { return SUCCESS; }
Result cuEventCreate(Handle *event, unsigned flags) { *event = (Handle)48; return SUCCESS; }
Result cuEventRecord(Handle event, Handle stream) { return SUCCESS; }
Result cuEventSynchronize(Handle event) { return SUCCESS; }
Result cuEventQuery(Handle event) { return SUCCESS; }
Result cuEventDestroy_v2(Handle event) { return SUCCESS; }
Result cuEventElapsedTime(float *milliseconds, Handle from, Handle to) { *milliseconds = 0.01f; return SUCCESS; }
Result cuEventElapsedTime_v2(float *milliseconds, Handle from, Handle to) { *milliseconds = 0.01f; return SUCCESS; }

// Memory of the host, which begins as zeros.

static Address allocated(size_t size) {
  void *memory = NULL;
  if (posix_memalign(&memory, 512, size + 512)) return 0;
  memset(memory, 0, size);
  return (Address)memory;
}

Result cuMemAlloc_v2(Address *to, size_t size) { *to = allocated(size); return *to ? SUCCESS : OUT_OF_MEMORY; }
Result cuMemAllocAsync(Address *to, size_t size, Handle stream) { return cuMemAlloc_v2(to, size); }
Result cuMemFree_v2(Address memory) { free((void *)memory); return SUCCESS; }
Result cuMemFreeAsync(Address memory, Handle stream) { return cuMemFree_v2(memory); }
Result cuMemAllocHost_v2(void **to, size_t size) { return cuMemAlloc_v2((Address *)to, size); }
Result cuMemFreeHost(void *memory) { free(memory); return SUCCESS; }
Result cuMemGetInfo_v2(size_t *available, size_t *total) { *available = 7ull << 30; *total = 8ull << 30; return SUCCESS; }
Result cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t size, Handle stream) { memcpy((void *)to, from, size); return SUCCESS; }
Result cuMemcpyDtoHAsync_v2(void *to, Address from, size_t size, Handle stream) { memcpy(to, (void *)from, size); return SUCCESS; }
Result cuMemcpyDtoDAsync_v2(Address to, Address from, size_t size, Handle stream) { memcpy((void *)to, (void *)from, size); return SUCCESS; }
Result cuMemcpyHtoD_v2(Address to, const void *from, size_t size) { memcpy((void *)to, from, size); return SUCCESS; }
Result cuMemcpyDtoH_v2(void *to, Address from, size_t size) { memcpy(to, (void *)from, size); return SUCCESS; }
Result cuMemsetD8Async(Address to, unsigned char value, size_t size, Handle stream) { memset((void *)to, value, size); return SUCCESS; }

// CUDA_MEMCPY2D: a type of 1 is memory of the host.
typedef struct {
  size_t x, y;
  unsigned type;
  const void *host;
  Address device;
  void *array;
  size_t pitch;
} Source;
typedef struct {
  size_t x, y;
  unsigned type;
  void *host;
  Address device;
  void *array;
  size_t pitch;
} Target;
typedef struct {
  Source from;
  Target to;
  size_t width, height;
} Copy2D;

Result cuMemcpy2DAsync_v2(const Copy2D *copy, Handle stream) {
  const char *from = copy->from.type == 1 ? copy->from.host : (void *)copy->from.device;
  char *to = copy->to.type == 1 ? copy->to.host : (void *)copy->to.device;
  for (size_t row = 0; row < copy->height; row++)
    memcpy(to + (copy->to.y + row) * copy->to.pitch + copy->to.x,
           from + (copy->from.y + row) * copy->from.pitch + copy->from.x, copy->width);
  return SUCCESS;
}

// Modules and launches.

Result cuModuleLoadData(Handle *module, const void *image) {
  const char *folder = getenv("KEEP_MODULES");
  *module = (Handle)(uintptr_t)++modules;
  if (folder) {
    char path[512];
    snprintf(path, sizeof path, "%s/%05d.ptx", folder, modules);
    FILE *file = fopen(path, "w");
    if (file) {
      fputs(image, file);
      fclose(file);
    }
  }
  return SUCCESS;
}
Result cuModuleUnload(Handle module) { return SUCCESS; }
Result cuModuleGetFunction(Handle *function, Handle module, const char *name) { *function = module; return SUCCESS; }
Result cuFuncSetAttribute(Handle function, int attribute, int value) { return SUCCESS; }
Result cuFuncGetAttribute(int *value, int attribute, Handle function) { *value = 0; return SUCCESS; }
Result cuLaunchKernel(Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                      unsigned shared, Handle stream, void **parameters, void **extra) { return SUCCESS; }
Result cuGetErrorName(Result error, const char **name) { *name = "NO_CARD"; return SUCCESS; }
Result cuGetErrorString(Result error, const char **words) { *words = "there is no card"; return SUCCESS; }

// NVRTC 13.5 asks for a table of the driver's; a size of 8 says that there is nothing in it.
static const uint64_t nothing[8] = {8};
Result cuGetExportTable(const void **table, const void *id) { *table = nothing; return SUCCESS; }
